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
    [InlineData("sgld", null)]
    [InlineData("rmsprop", null)]
    [InlineData("baoab", "none")]
    [InlineData("baoab", "diagonal")]
    [InlineData("baoab", "kfac")]
    [InlineData("baoab", "lowrank")]
    [InlineData("laplace", "lowrank")]
    public void A_run_made_longer_twice_equals_one_long_run_bit_for_bit(string sampler, string? preconditioner)
    {
        using var problem = TestProblem.Random(1);
        var spec = Settings(problem) with { Sampler = sampler, Preconditioner = preconditioner };
        spec = sampler switch
        {
            "laplace" => spec with { Epsilon = null, Batch = null, BurnIn = null, Thin = null },
            "baoab" => spec with { Epsilon = preconditioner == "none" ? 0.05 : 0.4, Batch = 0, Centered = true },
            _ => spec,
        };

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

    // What a sampler has no use for does not make it another run.
    [Theory]
    [InlineData("laplace")]
    [InlineData("sgld")]
    public void Options_without_effect_do_not_keep_a_run_from_going_on(string sampler)
    {
        using var problem = TestProblem.Random(1);
        var spec = (sampler == "laplace" ? problem.Spec() with { Nbeta = 40, Gamma = 5, Centered = true } : Settings(problem)) with { Sampler = sampler, Friction = 0.5, Chains = 2, Draws = 20 };
        problem.Run("run", spec);
        problem.Run("run", spec);
        problem.Run("run", spec with { Draws = 30 }, resume: true);
        Assert.Equal(30, RunDirectory.Open(problem.At("run")).ReadRecord().Settings.Draws);
    }

    [Fact]
    public void Another_curvature_or_temperature_is_another_run()
    {
        using var problem = TestProblem.Random(1);
        var spec = problem.Spec() with { Sampler = "laplace", Preconditioner = "lowrank", Rank = 2, CurvatureItems = 30, Chains = 2, Draws = 20, LossRise = 0.01 };
        problem.Run("run", spec);
        problem.Run("run", spec);
        foreach (var other in new[] { spec with { Rank = 3 }, spec with { CurvatureItems = 20 }, spec with { LossRise = 0.02 } })
        {
            Assert.Contains("another spec", Assert.Throws<InputException>(() => problem.Run("run", other, resume: true)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Chains_may_be_more_than_the_draws_that_one_would_get()
    {
        using var problem = TestProblem.Random(1);
        var record = RunDirectory.Open(problem.Run("run", problem.Spec() with { Sampler = "laplace", Nbeta = 40, Gamma = 5, Chains = 100, FirstOrderControl = false })).ReadRecord();
        Assert.Equal((100, 40), (record.Settings.Chains, record.Settings.Draws));
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
