using System.Text.Json;
using Bif.Engine.Attribution;
using Bif.Engine.FirstOrder;
using Bif.Engine.Runs;
using Bif.Engine.Sampling;
using Bif.Engine.Tests.Runs;
using Bif.Engine.Traces;
using TorchSharp;
using Xunit;

namespace Bif.Engine.Tests.FirstOrder;

/// <summary>The control variate of independent draws: the same expectation, less noise, honest errors.</summary>
public sealed class FirstOrderControlTests
{
    private static RunSpec Spec(TestProblem problem, double nbeta, bool control, int draws = 100) => problem.Spec() with
    {
        Sampler = "laplace", Preconditioner = "lowrank", Nbeta = nbeta, Gamma = nbeta / 8, Chains = 4, Draws = draws, Seed = 5, Threads = 1, EvaluationBatch = 40,
        FirstOrderControl = control,
    };

    // 101 directions of 270,000 numbers fit into 104 MiB: one group of 100 queries, and two passes for 164 draws, at each point.
    [Fact]
    public void The_cost_counts_a_pass_per_group_of_queries_and_of_draws_at_every_point()
    {
        Assert.Equal(2 * 3 * 6100, FirstOrderPass.ItemGradients(269_722, 6000, 100, 164, points: 2, torch.CPU));
        Assert.Equal(8 * 2 * 1020, FirstOrderPass.ItemGradients(1000, 1000, 20, 1000, points: 8, torch.CPU));
    }

    [Fact]
    public void The_usual_number_of_points_leaves_the_identity_of_earlier_runs()
    {
        var usual = new SamplerSettings("laplace", 1, 1, 1, 0, 1, 1, 0, 1, 0, FirstOrderControl: true);
        Assert.Equal(ThermalGradients.UsualPoints, ThermalGradients.PointsOf(usual));
        Assert.DoesNotContain("points", JsonSerializer.Serialize(usual, RunRecord.Json), StringComparison.Ordinal);
        var few = JsonSerializer.Deserialize<SamplerSettings>(JsonSerializer.Serialize(usual with { FirstOrderPoints = 2 }, RunRecord.Json), RunRecord.Json)!;
        Assert.Equal(2, ThermalGradients.PointsOf(few));
    }

    // At nβ = 4000 the first-order part is nearly all of a loss's variance.
    [Fact]
    public void Scores_are_nearer_to_the_closed_form_and_their_errors_say_so()
    {
        using var problem = TestProblem.Random(3);
        var (plain, controlled) = (problem.Run("plain", Spec(problem, 4000, control: false)), problem.Run("controlled", Spec(problem, 4000, control: true)));
        var (plainMiss, plainError) = Misses(problem, plain, 4000);
        var (miss, error) = Misses(problem, controlled, 4000);
        Assert.True(miss < 0.2 * plainMiss, $"root mean square deviation {miss} with a control variate, {plainMiss} without");
        Assert.InRange(miss / error, 0.6, 1.5);
        Assert.InRange(plainMiss / plainError, 0.6, 1.5);
        var (with, without) = (RunDirectory.Open(controlled).ReadRecord().Diagnostics!.Value, RunDirectory.Open(plain).ReadRecord().Diagnostics!.Value);
        Assert.True(with.GetProperty("reliability").GetDouble() > without.GetProperty("reliability").GetDouble());
        Assert.True(with.GetProperty("noise_floor").GetDouble() < 0.5 * without.GetProperty("noise_floor").GetDouble());
    }

    // At nβ = 40 half of the variance of many losses is not of first order: what is left must still have the right expectation.
    [Fact]
    public void A_warm_target_keeps_its_expectation()
    {
        using var problem = TestProblem.Random(3);
        var (miss, error) = Misses(problem, problem.Run("run", Spec(problem, 40, control: true, draws: 1500)), 40);
        Assert.InRange(miss / error, 0.5, 1.5);
    }

    [Fact]
    public void A_copy_of_the_query_has_correlation_one_and_all_correlations_are_in_range()
    {
        using var problem = TestProblem.Random(3);
        var correlation = TestProblem.Scores(problem.Run("run", Spec(problem, 400, control: true)), "correlation").Values;
        Assert.Equal(1, correlation[7], 4);
        Assert.Equal(7, Array.IndexOf(correlation, correlation.Take(40).Max()));
        Assert.All(correlation, value => Assert.InRange(value, -1, 1));
    }

    [Fact]
    public void A_group_has_the_sum_of_its_members_scores()
    {
        using var problem = TestProblem.Random(3);
        var run = problem.Run("run", Spec(problem, 400, control: true));
        int[] members = [2, 5, 11, 30];
        using var control = FirstOrderControl.OpenIfThere(run);
        var group = GroupInfluence.Of(TraceStore.Open(Path.Combine(run, "traces.zarr")), members, 1, Centering.PerChain, control);
        var row = TestProblem.Scores(run, "bif").Values.AsSpan(40, 40).ToArray();
        Assert.Equal(members.Sum(item => (double)row[item]), group.Bif, 1e-4 * Math.Abs(group.Bif));
        Assert.True(group.StandardError < 0.2 * GroupInfluence.Of(TraceStore.Open(Path.Combine(run, "traces.zarr")), members, 1, Centering.PerChain).StandardError);
    }

    [Fact]
    public void A_run_made_longer_equals_one_long_run_and_lost_parts_are_made_again()
    {
        using var problem = TestProblem.Random(3);
        var whole = problem.Run("whole", Spec(problem, 400, control: true, draws: 96));
        var parts = problem.Run("parts", Spec(problem, 400, control: true, draws: 32));
        problem.Run("parts", Spec(problem, 400, control: true, draws: 96), resume: true);
        var (expected, found) = (TestProblem.Scores(whole, "bif").Values, TestProblem.Scores(parts, "bif").Values);
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-5f * expected.Max(Math.Abs)));
        Directory.Delete(Path.Combine(parts, "first_order"), recursive: true);
        Directory.Delete(Path.Combine(parts, "scores"), recursive: true);
        problem.Run("parts", Spec(problem, 400, control: true, draws: 96), resume: true);
        Assert.All(expected.Zip(TestProblem.Scores(parts, "bif").Values), pair => Assert.Equal(pair.First, pair.Second, 1e-5f * expected.Max(Math.Abs)));
    }

    [Fact]
    public void Chains_have_no_control_variate()
    {
        using var problem = TestProblem.Random(3);
        var error = Assert.Throws<InputException>(() => problem.Run("run", Spec(problem, 40, control: true) with { Sampler = "baoab", Epsilon = 0.4 }));
        Assert.Contains("--sampler laplace", error.Message, StringComparison.Ordinal);
    }

    // Root mean squares of deviations from the closed form, and of the stated errors.
    private static (double Miss, double Error) Misses(TestProblem problem, string run, double nbeta)
    {
        var (bif, errors) = (TestProblem.Scores(run, "bif").Values, TestProblem.Scores(run, "bif_se").Values);
        var (miss, error) = (0.0, 0.0);
        for (var score = 0; score < bif.Length; score++)
        {
            var off = -bif[score] - problem.Covariance(score % 40, score / 40, nbeta, nbeta / 8);
            (miss, error) = (miss + (off * off), error + ((double)errors[score] * errors[score]));
        }

        return (Math.Sqrt(miss / bif.Length), Math.Sqrt(error / bif.Length));
    }
}
