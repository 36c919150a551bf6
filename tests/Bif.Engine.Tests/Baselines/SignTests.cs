using Bif.Engine.Baselines;
using Xunit;

namespace Bif.Engine.Tests.Baselines;

/// <summary>Every method calls a training copy of the query helpful: a negative score, as in BIF.</summary>
public sealed class SignTests
{
    /// <summary>Methods for pictures; random knows nothing and bm25 takes texts.</summary>
    public static TheoryData<string> Methods => [.. AttributionMethodCatalog.All.Select(each => each.Name).Except(["random", "bm25"])];

    [Theory]
    [MemberData(nameof(Methods))]
    public void A_training_copy_of_a_query_is_helpful(string method)
    {
        using var problem = new TinyProblem(TinyProblem.Perceptron, items: 30, queries: 5, copies: 5);
        var scores = problem.Scores(method);
        for (var query = 0; query < problem.Queries; query++)
        {
            var mean = Enumerable.Range(0, problem.Items).Average(item => scores[query, item]);
            Assert.True(scores[query, query] < 0 && scores[query, query] < mean, $"{method}: query {query} has {scores[query, query]} with its copy, {mean} on average");
        }
    }

    [Theory]
    [InlineData("cosine")]
    [InlineData("pixels")]
    [InlineData("embedding")]
    public void A_training_copy_has_the_best_cosine_there_is(string method)
    {
        using var problem = new TinyProblem(TinyProblem.Convolutional, items: 30, queries: 5, copies: 5);
        var scores = problem.Scores(method);
        for (var query = 0; query < problem.Queries; query++)
        {
            Assert.Equal(-1, scores[query, query], 1e-5f);
            Assert.Equal(query, Enumerable.Range(0, problem.Items).MinBy(item => scores[query, item]));
        }
    }

    [Fact]
    public void Random_scores_follow_from_the_seed_and_know_nothing()
    {
        using var first = new TinyProblem(TinyProblem.Logistic, items: 500, options: new MethodOptions { Seed = 3 });
        using var second = new TinyProblem(TinyProblem.Logistic, items: 500, options: new MethodOptions { Seed = 4 });
        Assert.Equal(first.Scores("random"), first.Scores("random"));
        Assert.NotEqual(first.Scores("random"), second.Scores("random"));
        Assert.Equal(0, first.Scores("random").Cast<float>().Average(), 0.1f);
    }
}
