using Bif.Engine.Runs;
using Xunit;

namespace Bif.Engine.Tests.Runs;

/// <summary>A stop that comes while no chain draws: before the first block, and while scores are made.</summary>
public sealed class StopTests
{
    private static RunSpec Spec(TestProblem problem) => problem.Spec() with
    {
        Sampler = "laplace", Preconditioner = "lowrank", Chains = 2, Draws = 50, Seed = 5, Threads = 1, EvaluationBatch = 40, FirstOrderControl = true,
    };

    [Fact]
    public void While_settings_are_chosen_it_ends_at_once_and_leaves_nothing()
    {
        using var problem = TestProblem.Random(3);
        using var stop = new CancellationTokenSource();
        var later = 0;
        Assert.ThrowsAny<OperationCanceledException>(() => problem.Run("run", Spec(problem), cancellation: stop.Token, progress: new Stopper(stop, report =>
        {
            later += stop.IsCancellationRequested ? 1 : 0;
            return report.Stage == RunStage.Preparing && report.Fraction is not null;
        })));
        Assert.Equal(0, later);
        Assert.False(File.Exists(Path.Combine(problem.At("run"), "run.json")));
        Assert.Equal("finished", RunDirectory.Open(problem.Run("run", Spec(problem))).ReadRecord().State);
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.6)]
    public void While_scores_are_made_it_keeps_the_draws_and_a_resumed_run_has_the_same_scores(double share)
    {
        using var problem = TestProblem.Random(3);
        var whole = problem.Run("whole", Spec(problem));
        using var stop = new CancellationTokenSource();
        problem.Run("parts", Spec(problem), cancellation: stop.Token, progress: new Stopper(stop, report => report.Stage == RunStage.Estimating && report.Fraction > share));
        Assert.Equal("interrupted", RunDirectory.Open(problem.At("parts")).ReadRecord().State);
        Assert.False(File.Exists(Path.Combine(problem.At("parts"), "scores", "bif.npy")));
        var drew = false;
        problem.Run("parts", Spec(problem), resume: true, progress: new Stopper(stop, report =>
        {
            drew |= report.Chain is not null;
            return false;
        }));
        Assert.False(drew);
        Assert.Equal("finished", RunDirectory.Open(problem.At("parts")).ReadRecord().State);
        foreach (var file in new[] { "bif.npy", "correlation.npy", "correlation_se.npy" })
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(whole, "scores", file)), File.ReadAllBytes(Path.Combine(problem.At("parts"), "scores", file)));
        }
    }

    // Asks for a stop at the report that it is told of.
    private sealed class Stopper(CancellationTokenSource stop, Func<RunProgress, bool> at) : IProgress<RunProgress>
    {
        public void Report(RunProgress value)
        {
            if (at(value))
            {
                stop.Cancel();
            }
        }
    }
}
