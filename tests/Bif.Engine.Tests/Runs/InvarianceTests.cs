using Bif.Engine.Runs;
using Xunit;

namespace Bif.Engine.Tests.Runs;

/// <summary>METHOD section 5, number 8.</summary>
[Trait("Pace", "slow")]
public sealed class InvarianceTests
{
    private static RunSpec Settings(TestProblem problem) => problem.Spec() with
    {
        Epsilon = 1e-3, Nbeta = 40, Gamma = 5, Batch = 16, Chains = 3, Draws = 300, Thin = 2, BurnIn = 20, Seed = 9,
    };

    [Theory]
    [InlineData("sgld", null)]
    [InlineData("baoab", "diagonal")]
    [InlineData("baoab", "kfac")]
    [InlineData("laplace", "lowrank")]
    public void Scores_do_not_depend_on_the_evaluation_batch_or_the_number_of_threads(string sampler, string? preconditioner)
    {
        using var problem = TestProblem.Random(1);
        var settings = Settings(problem) with { Sampler = sampler, Preconditioner = preconditioner };
        settings = sampler is "baoab" or "laplace" ? settings with { Batch = 0, Epsilon = 0.5 } : settings;
        var reference = TestProblem.Scores(problem.Run("a", settings), "correlation").Values;
        foreach (var (name, spec) in new[]
        {
            ("b", settings with { EvaluationBatch = 3 }), ("c", settings with { Threads = 1 }), ("d", settings with { Threads = 5 }),
        })
        {
            var other = TestProblem.Scores(problem.Run(name, spec), "correlation").Values;
            Assert.All(reference.Zip(other), pair => Assert.Equal(pair.First, pair.Second, 4));
        }
    }

    [Theory]
    [InlineData("sgld", null)]
    [InlineData("rmsprop", null)]
    [InlineData("baoab", "none")]
    [InlineData("baoab", "kfac")]
    [InlineData("baoab", "diagonal")]
    [InlineData("baoab", "lowrank")]
    [InlineData("laplace", "kfac")]
    [InlineData("laplace", "lowrank")]
    public void An_interrupted_and_resumed_run_equals_an_uninterrupted_one_bit_for_bit(string sampler, string? preconditioner)
    {
        using var problem = TestProblem.Random(1);
        var spec = Settings(problem) with { Sampler = sampler, Preconditioner = preconditioner, Threads = 2 };
        spec = sampler is "baoab" or "laplace" ? spec with { Batch = 0, Epsilon = preconditioner == "none" ? 0.05 : 0.5 } : spec;
        var whole = problem.Run("whole", spec);
        using var stop = new CancellationTokenSource();
        var draws = 0;
        problem.Run("parts", spec, cancellation: stop.Token, progress: new Count(() =>
        {
            if (Interlocked.Increment(ref draws) == 100)
            {
                stop.Cancel();
            }
        }));
        Assert.Equal("interrupted", RunDirectory.Open(problem.At("parts")).ReadRecord().State);
        Assert.Contains("--resume", Assert.Throws<InputException>(() => problem.Run("parts", spec)).Message, StringComparison.Ordinal);
        problem.Run("parts", spec, resume: true);
        foreach (var file in new[] { "bif.npy", "correlation.npy", "correlation_se.npy" })
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(whole, "scores", file)), File.ReadAllBytes(Path.Combine(problem.At("parts"), "scores", file)));
        }
    }

    [Fact]
    public void A_folder_of_another_spec_is_refused_and_an_equal_spec_is_the_same_run()
    {
        using var problem = TestProblem.Random(1);
        var run = problem.Run("a", Settings(problem));
        var written = File.GetLastWriteTimeUtc(Path.Combine(run, "scores", "bif.npy"));
        problem.Run("a", Settings(problem));
        Assert.Equal(written, File.GetLastWriteTimeUtc(Path.Combine(run, "scores", "bif.npy")));
        Assert.Contains("another spec", Assert.Throws<InputException>(() => problem.Run("a", Settings(problem) with { Seed = 10 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_diverging_chain_stops_keeps_its_blocks_and_names_the_setting()
    {
        using var problem = TestProblem.Random(1);
        var result = AttributionRun.Execute(Settings(problem) with { Epsilon = 10, BurnIn = 0 }, problem.At("a"), false, null, default);
        Assert.Equal("diverged", result.Verdict);
        Assert.Contains("--epsilon", result.Reason!, StringComparison.Ordinal);
        Assert.Equal("diverged", RunDirectory.Open(problem.At("a")).ReadRecord().State);
    }

    [Fact]
    public void Nothing_is_written_for_bad_input()
    {
        using var problem = TestProblem.Random(1);
        Assert.Throws<InputException>(() => problem.Run("bad", Settings(problem) with { Queries = problem.Spec().Queries + "[9:2]" }));
        Assert.Throws<InputException>(() => problem.Run("bad", Settings(problem) with { Sampler = "nuts" }));
        Assert.Throws<InputException>(() => problem.Run("bad", Settings(problem) with { Parameters = ["layer9.*"] }));
        Assert.False(Directory.Exists(problem.At("bad")));
    }

    private sealed class Count(Action draw) : IProgress<RunProgress>
    {
        public void Report(RunProgress value)
        {
            if (value.Chain is not null)
            {
                draw();
            }
        }
    }
}
