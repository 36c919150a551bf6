using Bif.Engine.Baselines;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Engine.Tests.Baselines;

/// <summary>BM25 by hand, and methods for texts on real ones.</summary>
public sealed class Bm25Tests
{
    [Fact]
    public void Scores_are_those_computed_by_hand()
    {
        using var problem = new TinyProblem(TinyProblem.Logistic);
        using var items = TokenTexts.Of([1, 2, 2], [3, 4, 5, 6, 7], [1, 3, 3, 3]);
        using var queries = TokenTexts.Of([2, 1, 1], [9]);
        using var feed = new DataFeed(items, null, CPU);
        using var asked = new DataFeed(queries, null, CPU);
        var context = problem.Context with { TrainData = items, QueryData = queries, Train = feed, Queries = asked };
        var scores = AttributionMethodCatalog.Create("bm25").Score(context, null, default).Values;

        // Lengths 3, 5, 4, mean 4. Token 1: in 2 of 3 items, idf ln(1 + 1.5/2.5); token 2: in 1 of 3, idf ln(1 + 2.5/1.5).
        var (one, two) = (Math.Log(1.6), Math.Log(1 + (2.5 / 1.5)));
        Assert.Equal(-((two * 2 * 2.2 / (2 + (1.2 * 0.8125))) + (2 * one * 2.2 / (1 + (1.2 * 0.8125)))), scores[0], 1e-5);
        Assert.Equal(0, scores[1]);
        Assert.Equal(-(2 * one * 2.2 / (1 + 1.2)), scores[2], 1e-5);
        Assert.All(scores[3..], score => Assert.Equal(0, score));
    }

    [Fact]
    public void Pictures_are_refused_by_what_takes_texts()
    {
        using var problem = new TinyProblem(TinyProblem.Logistic);
        var error = Assert.Throws<InputException>(() => problem.Scores("bm25"));
        Assert.Contains("not texts", error.Message, StringComparison.Ordinal);
    }

    [SharedDataFact("stories260K", "text/tinystories.txt")]
    public void Every_method_for_texts_calls_a_copy_of_a_story_helpful()
    {
        using var model = Model.Load(SharedData.At("stories260K"), CPU);
        var input = model.Input with { Text = model.Input.Text!.With(24, null, "first") };
        using var items = DatasetLoader.Open(SharedData.At("text/tinystories.txt") + "[0:6]", input);
        using var queries = DatasetLoader.Open(SharedData.At("text/tinystories.txt") + "[0:2]", input);
        using var feed = new DataFeed(items, input, CPU);
        using var asked = new DataFeed(queries, input, CPU);
        var context = new MethodContext(model, ParameterSelection.All(model.Layout), model.Parameters, items, queries, feed, asked, 1e4, 100, 3, new MethodOptions());
        foreach (var method in new[] { "bm25", "cosine", "gradsim", "embedding", "ekfac", "trak" })
        {
            var scores = AttributionMethodCatalog.Create(method).Score(context, null, default).Values;
            Assert.True(scores[0] < 0 && scores[items.Count + 1] < 0, $"{method}: {scores[0]}, {scores[items.Count + 1]}");
        }

        Assert.Contains("texts", Assert.Throws<InputException>(() => AttributionMethodCatalog.Create("pixels").Score(context, null, default)).Message, StringComparison.Ordinal);
    }
}
