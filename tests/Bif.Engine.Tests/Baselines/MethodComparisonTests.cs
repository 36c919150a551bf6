using System.Text.Json;
using Bif.Engine.Baselines;
using Bif.Engine.Retraining;
using Bif.Engine.Runs;
using Bif.Engine.Tests.Runs;
using Xunit;

namespace Bif.Engine.Tests.Baselines;

/// <summary>Methods on a run on disk: files, reuse, refusals.</summary>
public sealed class MethodComparisonTests
{
    [Fact]
    public void Scores_and_costs_lie_where_lds_finds_them_and_are_not_computed_twice()
    {
        using var problem = TestProblem.Random(3);
        var run = RunDirectory.Open(problem.Run("run", Small(problem)));
        using var comparison = new MethodComparison(run, new MethodOptions(), 1);
        var first = comparison.Compute("gradsim", null, default);
        Assert.False(first.Reused);
        Assert.True(comparison.Compute("gradsim", null, default).Reused);
        Assert.NotNull(first.WithBif?.RankCorrelation);

        var found = MethodScores.Find(run, run.ReadRecord(), ["bif", "gradsim"])[1];
        Assert.Equal(first.Record.ForwardPasses, found.Cost.ForwardPasses);
        Assert.Equal(first.Record.Seconds, found.Cost.Seconds);
        Assert.True(found.Row(0)[7] < 0, "query 0 is a copy of item 7");
    }

    [Fact]
    public void Other_settings_are_computed_anew()
    {
        using var problem = TestProblem.Random(3);
        var run = RunDirectory.Open(problem.Run("run", Small(problem)));
        using var once = new MethodComparison(run, new MethodOptions(), 1);
        using var again = new MethodComparison(run, new MethodOptions { Seed = 1 }, 1);
        once.Compute("random", null, default);
        Assert.False(again.Compute("random", null, default).Reused);
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(run.Root, "baselines", "random.json")));
        Assert.Equal(1, json.RootElement.GetProperty("settings").GetProperty("seed").GetInt32());
    }

    [Fact]
    public void Agreement_of_scores_with_themselves_is_full_and_with_their_opposite_none()
    {
        var scores = Enumerable.Range(0, 60).Select(index => (float)Math.Sin(index * index)).ToArray();
        var (same, opposite) = (Agreement.Of(scores, scores, 30), Agreement.Of(scores, [.. scores.Select(score => -score)], 30));
        Assert.Equal(1, same.RankCorrelation!.Value, 1e-12);
        Assert.Equal(1, same.TopOverlap);
        Assert.Equal(-1, opposite.RankCorrelation!.Value, 1e-12);
        Assert.Equal(0, opposite.TopOverlap);
    }

    [Fact]
    public void A_checkpoint_that_has_changed_is_refused()
    {
        using var problem = TestProblem.Random(3);
        var run = problem.Run("run", Small(problem));
        using var other = TestProblem.Random(4);
        File.Copy(Path.Combine(other.Model, "model.safetensors"), Path.Combine(problem.Model, "model.safetensors"), overwrite: true);
        var error = Assert.Throws<InputException>(() => new MethodComparison(RunDirectory.Open(run), new MethodOptions(), 1));
        Assert.Contains("hash differs", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_method_is_answered_with_those_that_there_are()
    {
        var error = Assert.Throws<InputException>(() => AttributionMethodCatalog.Named("gradsin"));
        Assert.Contains("gradsim", error.Message, StringComparison.Ordinal);
        Assert.Equal(["embedding", "pixels"], AttributionMethodCatalog.Named("similarity"));
    }

    internal static RunSpec Small(TestProblem problem) => problem.Spec() with
    {
        Sampler = "sgld", Epsilon = 0.001, Nbeta = 20, Gamma = 2, Chains = 2, Draws = 20, BurnIn = 2, Thin = 1, EvaluationBatch = 20, Threads = 1,
    };
}
