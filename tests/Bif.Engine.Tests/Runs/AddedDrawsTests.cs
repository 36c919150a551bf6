using Bif.Engine.Runs;
using Bif.Engine.Traces;
using Xunit;

namespace Bif.Engine.Tests.Runs;

/// <summary>Draws that are added to a finished run.</summary>
public sealed class AddedDrawsTests
{
    private static RunSpec Settings(TestProblem problem) => problem.Spec() with
    {
        Epsilon = 1e-3, Nbeta = 40, Gamma = 5, Batch = 16, Chains = 2, Draws = 420, Thin = 2, BurnIn = 20, Seed = 9, Threads = 2,
    };

    // 300 draws end within the second block of 256, 420 too: the block is filled up.
    [Theory]
    [InlineData("sgld")]
    [InlineData("rmsprop")]
    [InlineData("laplace")]
    public void A_run_made_longer_twice_equals_one_long_run_bit_for_bit(string sampler)
    {
        using var problem = TestProblem.Random(1);
        var spec = Settings(problem) with { Sampler = sampler };
        if (sampler == "laplace")
        {
            spec = spec with { Epsilon = null, Batch = null, BurnIn = null, Thin = null };
        }

        var whole = problem.Run("whole", spec);
        problem.Run("parts", spec with { Draws = 300 });
        problem.Run("parts", spec with { Draws = 370 }, resume: true);
        var parts = problem.Run("parts", spec, resume: true);
        var (one, other) = (RunDirectory.Open(whole), RunDirectory.Open(parts));
        Assert.Equal(one.ReadRecord().Id, other.ReadRecord().Id);
        Assert.Equal("finished", other.ReadRecord().State);
        Assert.Equal(840, other.ReadRecord().Diagnostics!.Value.GetProperty("draws").GetInt32());
        foreach (var chain in new[] { 0, 1 })
        {
            Assert.Equal(Losses(one, chain), Losses(other, chain));
        }

        foreach (var file in new[] { "bif.npy", "correlation.npy", "correlation_se.npy" })
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(one.Scores, file)), File.ReadAllBytes(Path.Combine(other.Scores, file)));
        }
    }

    [Fact]
    public void A_finished_run_is_made_longer_only_on_request_and_never_shorter()
    {
        using var problem = TestProblem.Random(1);
        var spec = Settings(problem) with { Draws = 40 };
        problem.Run("run", spec);
        Assert.Contains("--resume", Assert.Throws<InputException>(() => problem.Run("run", spec with { Draws = 50 })).Message, StringComparison.Ordinal);
        Assert.Contains("40 draws", Assert.Throws<InputException>(() => problem.Run("run", spec with { Draws = 30 }, resume: true)).Message, StringComparison.Ordinal);
        Assert.Equal(40, RunDirectory.Open(problem.At("run")).ReadRecord().Settings.Draws);
    }

    private static float[] Losses(RunDirectory run, int chain)
    {
        var store = TraceStore.Open(run.Traces);
        var (train, query) = (new float[store.Shape.Draws * store.Shape.TrainItems], new float[store.Shape.Draws * store.Shape.QueryItems]);
        store.ReadTrain(chain, 0, store.Shape.Draws, 0, store.Shape.TrainItems, train);
        store.ReadQuery(chain, 0, store.Shape.Draws, 0, store.Shape.QueryItems, query);
        return [.. train, .. query, .. Enumerable.Range(0, store.Shape.Blocks).SelectMany(block => store.ReadSampling(chain, block))];
    }
}
