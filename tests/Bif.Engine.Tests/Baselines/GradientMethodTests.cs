using System.Text.Json.Nodes;
using Bif.Engine.Baselines.Gradients;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Engine.Tests.Baselines;

/// <summary>Gradient dot product and cosine against gradients by central differences in double precision.</summary>
public sealed class GradientMethodTests
{
    public static TheoryData<string> Networks => ["mlp", "logistic", "convnet"];

    internal static JsonObject Config(string network) => network switch
    {
        "mlp" => TinyProblem.Perceptron,
        "logistic" => TinyProblem.Logistic,
        "convnet" => TinyProblem.Convolutional,
        _ => TinyProblem.Normalised,
    };

    [Theory]
    [MemberData(nameof(Networks))]
    public void Dot_product_and_cosine_are_those_of_naive_gradients(string network)
    {
        using var problem = new TinyProblem(Config(network));
        var naive = new NaiveNetwork(problem.Model);
        var items = problem.Pictures.Zip(problem.Labels, naive.LossGradient).ToArray();
        var queries = problem.QueryPictures.Zip(problem.QueryLabels, naive.LossGradient).ToArray();
        var (dots, cosines) = (problem.Scores("gradsim"), problem.Scores("cosine"));
        for (var query = 0; query < queries.Length; query++)
        {
            for (var item = 0; item < items.Length; item++)
            {
                var dot = NaiveNetwork.Dot(queries[query], items[item]);
                var lengths = Math.Sqrt(NaiveNetwork.Dot(queries[query], queries[query]) * NaiveNetwork.Dot(items[item], items[item]));
                Assert.Equal(-dot, dots[query, item], 1e-5 * lengths);
                Assert.Equal(-dot / lengths, cosines[query, item], 1e-5);
            }
        }
    }

    [Theory]
    [InlineData("mlp", 5)]
    [InlineData("convnet", 5)]
    [InlineData("normalised", 8)]
    public void Factors_unfold_to_the_gradients_of_backward_passes(string network, int size)
    {
        using var scope = NewDisposeScope();
        using var problem = new TinyProblem(Config(network), size: size);
        using var source = new GradientSource(problem.Context);
        BackwardPasses.Agree(source, problem.Model, problem.Context.Train, 3);
    }

    [Fact]
    public void Scores_do_not_depend_on_the_size_of_the_pieces()
    {
        using var one = new TinyProblem(TinyProblem.Convolutional, piece: 1);
        using var all = new TinyProblem(TinyProblem.Convolutional, piece: 100);
        var (a, b) = (one.Scores("gradsim"), all.Scores("gradsim"));
        for (var query = 0; query < one.Queries; query++)
        {
            for (var item = 0; item < one.Items; item++)
            {
                Assert.Equal(a[query, item], b[query, item], 1e-5f);
            }
        }
    }

    [Fact]
    public void Every_item_costs_one_forward_and_one_backward_pass()
    {
        using var problem = new TinyProblem(TinyProblem.Perceptron);
        var scores = Bif.Engine.Baselines.AttributionMethodCatalog.Create("gradsim").Score(problem.Context, null, default);
        Assert.Equal(problem.Items + problem.Queries, scores.ForwardPasses);
        Assert.Equal(problem.Items + problem.Queries, scores.BackwardPasses);
    }
}
