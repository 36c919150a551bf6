using Bif.Engine.Baselines;
using Bif.Kernels;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Engine.Tests.Baselines;

/// <summary>TRAK against its formula on gradients by central differences, in double precision.</summary>
public sealed class TrakTests
{
    private const int Dimension = 6;

    [Theory]
    [InlineData("mlp")]
    [InlineData("convnet")]
    public void Scores_are_those_of_a_naive_implementation(string network)
    {
        using var problem = new TinyProblem(GradientMethodTests.Config(network), items: 16, queries: 3, options: new MethodOptions { ProjectionDimension = Dimension, Seed = 9 });
        var naive = new NaiveNetwork(problem.Model);
        var signs = new float[naive.Parameters * Dimension];
        Philox.Normals(signs, 9, 0, PhiloxPurpose.Comparison, 1);
        double[] Feature(byte[] picture, int label)
        {
            var gradient = naive.Gradient(picture, logits => logits[label] - NaiveNetwork.LogSum(logits.Where((_, at) => at != label)));
            return [.. Enumerable.Range(0, Dimension).Select(k => gradient.Select((value, p) => value * Math.Sign(signs[(p * Dimension) + k])).Sum())];
        }

        var features = problem.Pictures.Zip(problem.Labels, Feature).ToArray();
        var queries = problem.QueryPictures.Zip(problem.QueryLabels, Feature).ToArray();
        using var scope = NewDisposeScope();
        var train = tensor(features.SelectMany(row => row).ToArray(), [problem.Items, Dimension]);
        var inner = tensor(queries.SelectMany(row => row).ToArray(), [problem.Queries, Dimension]).matmul(linalg.inv(train.t().matmul(train))).matmul(train.t());
        var scores = problem.Scores("trak");
        for (var query = 0; query < problem.Queries; query++)
        {
            for (var item = 0; item < problem.Items; item++)
            {
                var q = 1 - NaiveNetwork.Probabilities(naive.Logits(problem.Pictures[item]))[problem.Labels[item]];
                Assert.Equal(-inner.select(0, query).select(0, item).item<double>() * q, scores[query, item], 2e-4);
            }
        }
    }

    [Fact]
    public void A_checkpoint_of_another_shape_is_refused()
    {
        using var problem = new Runs.TestProblem([[1.0, 2, 3], [2, 1, 0], [0, 1, 1]], [1, 2, 3], [[1.0, 0, 0]], [1], [0.5, 0.5, 0.5]);
        using var other = new Runs.TestProblem([[1.0, 2], [2, 1]], [1, 2], [[1.0, 0]], [1], [0.5, 0.5]);
        var run = Bif.Engine.Runs.RunDirectory.Open(problem.Run("run", MethodComparisonTests.Small(problem)));
        using var comparison = new MethodComparison(run, new MethodOptions { Checkpoints = [other.Model] }, 1);
        var error = Assert.Throws<InputException>(() => comparison.Compute("trak", null, default));
        Assert.Contains("same architecture", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_checkpoint_twice_changes_nothing()
    {
        using var problem = Runs.TestProblem.Random(5);
        var run = Bif.Engine.Runs.RunDirectory.Open(problem.Run("run", MethodComparisonTests.Small(problem)));
        float[] Scores(params string[] checkpoints)
        {
            using var comparison = new MethodComparison(run, new MethodOptions { Checkpoints = checkpoints }, 1);
            comparison.Compute("trak", null, default);
            return Bif.Engine.Arrays.NpyFile.Read<float>(Path.Combine(comparison.Folder, "trak.npy")).Values;
        }

        var (once, twice) = (Scores(), Scores(problem.Model));
        Assert.All(once.Zip(twice), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }
}
