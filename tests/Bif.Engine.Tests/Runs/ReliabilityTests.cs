using Bif.Engine.Arrays;
using Bif.Engine.Attribution;
using Bif.Engine.Runs;
using Bif.Engine.Sampling;
using Xunit;

namespace Bif.Engine.Tests.Runs;

/// <summary>Runs that stop when they are reliable enough, and what they predict.</summary>
public sealed class ReliabilityTests
{
    [Fact]
    public void The_outlook_follows_spearman_and_brown()
    {
        var settings = new SamplerSettings("sgld", 1, 1, 1, 0, 4, 100, 0, 1, 0);
        var outlook = Outlook.Of(0.5, 0.8, settings, 10, 1000);
        Assert.Equal(400, outlook.DrawsPerChain);
        Assert.Equal(4 * 300 / 10.0, outlook.Seconds);
        Assert.Equal(4L * 400 * 1000 * 4, outlook.TraceBytes);
        Assert.False(outlook.IsReached);
        Assert.Equal(100, Outlook.Of(0.9, 0.8, settings, 10, 1000).DrawsPerChain);
        Assert.Null(Outlook.Of(0, 0.8, settings, 10, 1000).DrawsPerChain);
        Assert.Equal(125, new Outlook(0.79, 0.8, 101, 1, 1).Next(100, 1000));
        Assert.Equal(150, outlook.Next(100, 150));

        // With a control variate each added draw takes its share of that, and traces of first-order parts beside the losses'.
        var controlled = Outlook.Of(0.5, 0.8, settings with { Sampler = "laplace", FirstOrderControl = true }, 10, 1000, controlSeconds: 20);
        Assert.Equal((4 * 300 / 10.0) + (3 * 20), controlled.Seconds);
        Assert.Equal(2 * outlook.TraceBytes, controlled.TraceBytes);
    }

    [Fact]
    public void A_target_given_later_counts_and_not_the_one_that_the_run_ended_with()
    {
        using var problem = TestProblem.Random(5);
        var spec = problem.Spec() with { Sampler = "laplace", Nbeta = 40, Gamma = 5, Chains = 4, Seed = 2, Threads = 2, Draws = 8 };
        var run = problem.Run("run", spec);
        var first = RunDirectory.Open(run).ReadRecord();
        var (higher, lower) = (spec with { Draws = 4000, TargetReliability = 0.99 }, spec with { Draws = 4000, TargetReliability = 0.05 });
        Assert.InRange(first.Outlook!.Reliability, 0.06, 0.98);
        Assert.NotNull(AttributionRun.NextDraws(higher, first));
        Assert.Null(AttributionRun.NextDraws(lower, first));
        problem.Run("run", higher, resume: true);
        var last = RunDirectory.Open(run).ReadRecord();
        Assert.True(last.Settings.Draws > 8 && last.Outlook!.Wanted == 0.99, $"{last.Settings.Draws} {last.Outlook}");

        // Time is summed over the legs of a run.
        Assert.True(last.Timings!.SamplingSeconds > first.Timings!.SamplingSeconds && last.Timings.LoadingSeconds > first.Timings.LoadingSeconds);
        Assert.True(last.Timings.EstimatingSeconds > first.Timings.EstimatingSeconds);
    }

    [Fact]
    public void A_run_with_a_target_grows_until_it_is_reached_and_equals_one_long_run()
    {
        using var problem = TestProblem.Random(5);
        var spec = problem.Spec() with { Sampler = "laplace", Nbeta = 40, Gamma = 5, Chains = 4, Seed = 2, Threads = 2 };
        var run = problem.Run("target", spec with { TargetReliability = 0.995, Draws = 4000 });
        var record = RunDirectory.Open(run).ReadRecord();
        Assert.True(record.Outlook!.Reliability >= 0.995 || record.Settings.Draws == 4000, $"{record.Outlook}");
        Assert.True(record.Settings.Draws > 100, $"{record.Settings.Draws}");
        var whole = problem.Run("whole", spec with { Draws = record.Settings.Draws });
        Assert.Equal(TestProblem.Scores(whole, "bif").Values, TestProblem.Scores(run, "bif").Values);
    }

    [Fact]
    public void Partial_normalisation_lies_between_covariance_and_correlation()
    {
        using var problem = TestProblem.Random(5);
        var run = problem.Run("run", problem.Spec() with { Sampler = "laplace", Nbeta = 40, Gamma = 5, Chains = 2, Draws = 200 });
        var scores = Path.Combine(run, "scores");
        var (bif, correlation) = (NpyFile.ReadRow<float>(Path.Combine(scores, "bif.npy"), 1), NpyFile.ReadRow<float>(Path.Combine(scores, "correlation.npy"), 1));
        var queryDeviation = Math.Sqrt(NpyFile.Read<double>(Path.Combine(scores, "query_variance.npy")).Values[1]);
        var none = bif.ToArray();
        PartialNormalisation.Apply(none, PartialNormalisation.Weights(scores, 0));
        Assert.Equal(bif, none);
        PartialNormalisation.Apply(bif, PartialNormalisation.Weights(scores, 1));
        for (var item = 0; item < bif.Length; item++)
        {
            Assert.Equal(correlation[item], -bif[item] / queryDeviation, 4);
        }
    }
}
