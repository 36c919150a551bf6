using Bif.Engine.Runs;
using Xunit;

namespace Bif.Engine.Tests.Runs;

/// <summary>A run whose parts are done one by one, as jobs of the application do.</summary>
public sealed class RunPartsTests
{
    private static RunSpec Settings(TestProblem problem) => problem.Spec() with
    {
        Epsilon = 1e-3, Nbeta = 40, Gamma = 5, Batch = 16, Chains = 2, Draws = 600, Thin = 2, BurnIn = 20, Seed = 9, Threads = 2,
    };

    [Fact]
    public void Parts_in_another_order_and_with_an_interruption_give_the_scores_of_one_call_bit_for_bit()
    {
        using var problem = TestProblem.Random(1);
        var whole = RunDirectory.Open(problem.Run("whole", Settings(problem)));
        var place = problem.At("parts");
        AttributionRun.Prepare(Settings(problem), place, null);
        AttributionRun.Prepare(Settings(problem), place, null);
        var second = AttributionRun.SampleChain(place, 1, null, default);
        var interrupted = AttributionRun.SampleChain(place, 0, null, new CancellationToken(canceled: true));
        Assert.Equal(Bif.Engine.Sampling.ChainEnd.Interrupted, interrupted.End);
        Assert.NotNull(AttributionRun.Preview(place, problem.At("preview")));
        var first = AttributionRun.SampleChain(place, 0, null, default);
        var record = AttributionRun.Finish(place, [first, second], 1, null);

        Assert.Equal("finished", record.State);
        Assert.Equal(whole.ReadRecord().Id, record.Id);
        Assert.Equal(whole.ReadRecord().Verdict, record.Verdict);
        Same(whole, place);
    }

    [Fact]
    public void Draws_added_in_parts_give_the_scores_of_one_long_run_and_count_all_the_time()
    {
        using var problem = TestProblem.Random(1);
        var whole = RunDirectory.Open(problem.Run("whole", Settings(problem)));
        var place = problem.At("parts");
        Round(Settings(problem) with { Draws = 350 }, place, seconds: 2);
        var record = Round(Settings(problem), place, seconds: 3);

        Assert.Equal(whole.ReadRecord().Id, record.Id);
        Assert.Equal(5, record.Timings!.SamplingSeconds);
        Assert.Equal(2 * 600 / 5.0, record.Timings.DrawsPerSecond);
        Same(whole, place);
    }

    [Fact]
    public void Parts_go_on_to_the_reliability_that_is_asked_for_as_one_call_does()
    {
        using var problem = TestProblem.Random(1);
        var spec = Settings(problem) with { TargetReliability = 0.9, Draws = 1500 };
        var whole = RunDirectory.Open(problem.Run("whole", spec));
        var place = problem.At("parts");
        var rounds = 0;
        RunRecord record;
        do
        {
            record = Round(spec, place, seconds: 1);
            rounds++;
        }
        while (AttributionRun.NextDraws(spec, record) is not null);

        Assert.True(rounds > 1, $"{record.Settings.Draws} draws were enough at once");
        Assert.Equal(whole.ReadRecord().Settings.Draws, record.Settings.Draws);
        Same(whole, place);
    }

    private static RunRecord Round(RunSpec spec, string place, double seconds)
    {
        var chains = AttributionRun.Prepare(spec, place, null).Settings.Chains;
        return AttributionRun.Finish(place, [.. Enumerable.Range(0, chains).Select(chain => AttributionRun.SampleChain(place, chain, null, default))], seconds, null);
    }

    private static void Same(RunDirectory whole, string place)
    {
        foreach (var file in new[] { "bif.npy", "correlation.npy", "correlation_se.npy" })
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(whole.Scores, file)), File.ReadAllBytes(Path.Combine(place, "scores", file)));
        }
    }
}
