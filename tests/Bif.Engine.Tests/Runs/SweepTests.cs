using Bif.Engine.Evaluation;
using Bif.Engine.Runs;
using Xunit;

namespace Bif.Engine.Tests.Runs;

/// <summary>Runs around the calibrated setting.</summary>
public sealed class SweepTests
{
    [Fact]
    public void A_grid_has_each_setting_once_and_the_centre_first()
    {
        var points = SweepPoint.Grid([0.3, 1], [1, 3], [0.5, 1]);
        Assert.Equal(SweepPoint.Center, points[0]);
        Assert.Equal(5, points.Count);
        Assert.Equal(5, points.Select(point => point.Name).Distinct().Count());
    }

    [Fact]
    public void On_a_linear_model_half_the_step_gives_the_same_scores_and_another_damping_does_not()
    {
        using var problem = TestProblem.Random(5);
        var spec = problem.Spec() with { Sampler = "baoab", Preconditioner = "none", Nbeta = 40, Gamma = 5, Epsilon = 0.2, Chains = 4, Draws = 1500, Threads = 2 };
        var points = new[] { SweepPoint.Center, new SweepPoint(1, 1, 0.5), new SweepPoint(30, 1, 1) };
        var sweep = new Sweep(spec, problem.At("sweep"), null);
        var results = sweep.Run(points, CancellationToken.None);
        Assert.Equal([1500, 1500], results.Take(2).Select(result => result.Draws));
        Assert.True(results[1].AgreementCorrected > 0.98, $"{results[1]}");
        Assert.True(results[2].AgreementCorrected is not { } other || other < results[1].AgreementCorrected, $"{results[2]}");
        Assert.Equal(5.0 * 30, results[2].Gamma, 6);
        Assert.Contains("×30", SweepFigure.Draw(results), StringComparison.Ordinal);

        // Chains have half a step to compare with, and no chains of others.
        Assert.Equal(3, sweep.Run([.. points, SweepPoint.Posterior], CancellationToken.None).Count);

        // The same call again finds everything there.
        var written = File.GetLastWriteTimeUtc(Path.Combine(problem.At("sweep"), points[1].Name, "run.json"));
        Assert.Equal(results, sweep.Run(points, CancellationToken.None));
        Assert.Equal(written, File.GetLastWriteTimeUtc(Path.Combine(problem.At("sweep"), points[1].Name, "run.json")));
    }

    [Fact]
    public void Independent_draws_are_compared_with_chains_on_the_posterior_and_not_with_half_a_step_that_they_do_not_have()
    {
        using var problem = TestProblem.Random(5);
        var spec = problem.Spec() with { Sampler = "laplace", Preconditioner = "lowrank", Nbeta = 40, Gamma = 5, Chains = 4, Draws = 1500, Threads = 2 };
        var results = new Sweep(spec, problem.At("sweep"), null).Run([SweepPoint.Center, new SweepPoint(1, 1, 0.5), SweepPoint.Posterior], CancellationToken.None);
        Assert.Equal([SweepPoint.Center, SweepPoint.Posterior], results.Select(result => result.Point));
        var record = RunDirectory.Open(Path.Combine(problem.At("sweep"), SweepPoint.Posterior.Name)).ReadRecord();
        Assert.Equal(("baoab", "laplace", 40.0, 5.0), (record.Settings.Sampler, record.Settings.Start, record.Settings.Nbeta, record.Settings.Gamma));
        Assert.True(results[1].AgreementCorrected > 0.98, $"{results[1]}");
        Assert.Contains("chains", SweepFigure.Draw(results), StringComparison.Ordinal);
    }

    [Fact]
    public void A_point_that_cannot_be_run_is_left_out_and_the_others_stay()
    {
        // At a hundredth of the temperature single items swamp the chains.
        using var problem = TestProblem.Random(3);
        var spec = problem.Spec() with { Sampler = "sgld", Epsilon = 1e-4, Nbeta = 40, Gamma = 0.5, Batch = 1, Chains = 2, Draws = 40, BurnIn = 5 };
        var results = new Sweep(spec, problem.At("sweep"), null).Run([SweepPoint.Center, new SweepPoint(1, 0.0133, 1), new SweepPoint(3, 1, 1)], CancellationToken.None);
        Assert.Equal(["refused"], results.Select(result => result.Verdict).Where(verdict => verdict == "refused"));
        Assert.Equal((0, null), (results[1].Draws, results[1].Reliability));
        Assert.Equal([40, 40], new[] { results[0], results[2] }.Select(result => result.Draws));
    }

    [Fact]
    public void A_sweep_that_is_stopped_while_its_setting_is_chosen_ends_there_and_goes_on_later()
    {
        using var problem = TestProblem.Random(5);
        var spec = problem.Spec() with { Sampler = "baoab", Preconditioner = "lowrank", Chains = 2, Draws = 60, Threads = 2 };
        using var stop = new CancellationTokenSource();
        var said = new List<RunProgress>();
        var sweep = new Sweep(spec, problem.At("sweep"), new Stopper(said, stop));
        Assert.Empty(sweep.Run([SweepPoint.Center], stop.Token));
        Assert.Single(said);
        Assert.False(File.Exists(problem.At("sweep/calibrated.json")));
        Assert.Equal(60, new Sweep(spec, problem.At("sweep"), null).Run([SweepPoint.Center], CancellationToken.None)[0].Draws);
    }

    private sealed class Stopper(List<RunProgress> said, CancellationTokenSource stop) : IProgress<RunProgress>
    {
        public void Report(RunProgress value)
        {
            said.Add(value);
            stop.Cancel();
        }
    }
}
