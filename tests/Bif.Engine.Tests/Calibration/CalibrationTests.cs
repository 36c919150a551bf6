using Bif.Engine.Runs;
using Bif.Engine.Tests.Runs;
using Xunit;

namespace Bif.Engine.Tests.Calibration;

public sealed class CalibrationTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("laplace")]
    public void A_run_without_settings_is_calibrated_and_agrees_with_the_closed_form_of_its_target(string? sampler)
    {
        using var problem = TestProblem.Random(3, items: 60);
        var run = problem.Run("run", problem.Spec() with { Sampler = sampler, Draws = 1500, Seed = 4 });
        var record = RunDirectory.Open(run).ReadRecord();
        Assert.Equal("calibrated to the checkpoint", record.SettingsSource);
        Assert.Contains(record.SettingsReasons, reason => reason.Contains("effective dimension", StringComparison.Ordinal));
        var bif = TestProblem.Scores(run, "bif").Values;
        var errors = TestProblem.Scores(run, "bif_se").Values;
        var z = Enumerable.Range(0, 4).SelectMany(query => Enumerable.Range(0, 60).Select(item =>
            (-bif[(query * 60) + item] - problem.Covariance(item, query, record.Settings.Nbeta, record.Settings.Gamma)) / (errors[(query * 60) + item] + 1e-12))).ToList();
        Assert.InRange(Math.Sqrt(z.Average(value => value * value)), 0.4, 1.8);
    }

    [Fact]
    public void A_given_target_is_kept_and_only_the_step_is_chosen()
    {
        using var problem = TestProblem.Random(3);
        var settings = RunDirectory.Open(problem.Run("run", problem.Spec() with { Sampler = "baoab", Nbeta = 40, Gamma = 5, Draws = 50 })).ReadRecord().Settings;
        Assert.Equal((40, 5, 0.8), (settings.Nbeta, settings.Gamma, settings.Epsilon));
    }

    // What is measured (SAMPLING section 1b): subset sums estimated from T independent draws correlate with the exact ones as
    // 1/√(1 + T0/T), T0 = Var(ℓ_q)·Σ Var(ℓ_i)/Σ Cov(ℓ_i, ℓ_q)².
    [Fact]
    public void The_noise_of_independent_draws_follows_the_law_that_predicts_how_many_are_needed()
    {
        const int Items = 200, Draws = 40, Repeats = 12;
        using var problem = TestProblem.Random(6, Items);
        double[] measured = [.. Enumerable.Range(0, Repeats).Select(seed =>
        {
            var run = problem.Run($"run{seed}", problem.Spec() with
            {
                Sampler = "laplace", Preconditioner = "kfac", Nbeta = 200, Gamma = 10, Chains = 2, Draws = Draws / 2, Seed = (ulong)seed,
            });
            var bif = TestProblem.Scores(run, "bif").Values;
            return Correlation([.. Enumerable.Range(0, Items).Select(item => -(double)bif[Items + item])], Exact(problem));
        })];
        var covariance = Exact(problem);
        var total = Enumerable.Range(0, Items).Sum(item => Variance(problem.Inputs[item], problem.Targets[item], problem));
        var constant = Variance(problem.QueryInputs[1], problem.QueryTargets[1], problem) * total / covariance.Sum(value => value * value);
        Assert.Equal(1 / Math.Sqrt(1 + (constant / (Draws - 2))), measured.Average(), 0.06);

        double[] Exact(TestProblem p) => [.. Enumerable.Range(0, Items).Select(item => p.Covariance(item, 1, 200, 10))];
        double Variance(double[] x, double y, TestProblem p) => p.Variance(x, y, 200, 10);
        static double Correlation(double[] a, double[] b)
            => a.Zip(b, (x, y) => x * y).Sum() / Math.Sqrt(a.Sum(x => x * x) * b.Sum(y => y * y));
    }
}
