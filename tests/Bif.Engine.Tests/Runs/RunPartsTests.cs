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
        foreach (var file in new[] { "bif.npy", "correlation.npy", "correlation_se.npy" })
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(whole.Scores, file)), File.ReadAllBytes(Path.Combine(place, "scores", file)));
        }
    }
}
