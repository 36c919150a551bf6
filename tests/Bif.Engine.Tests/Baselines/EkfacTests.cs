using Bif.Engine.Baselines;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Engine.Tests.Baselines;

/// <summary>EK-FAC influence against factors, eigenvectors and corrected eigenvalues from loops in double precision.</summary>
public sealed class EkfacTests
{
    [Theory]
    [InlineData("mlp", 0.1)]
    [InlineData("mlp", 30)]
    [InlineData("convnet", 0.1)]
    public void Scores_are_those_of_a_naive_implementation(string network, double damping)
    {
        using var problem = new TinyProblem(GradientMethodTests.Config(network), items: 8, queries: 3, options: new MethodOptions { Damping = damping });
        var naive = Naive(problem, damping);
        var scores = problem.Scores("ekfac");
        var scale = naive.Cast<double>().Max(Math.Abs);
        for (var query = 0; query < problem.Queries; query++)
        {
            for (var item = 0; item < problem.Items; item++)
            {
                Assert.Equal(-naive[query, item], scores[query, item], 1e-3 * scale);
            }
        }
    }

    [Fact]
    public void With_growing_damping_the_scores_of_one_layer_tend_to_the_gradient_dot_product()
    {
        using var problem = new TinyProblem(TinyProblem.Logistic, options: new MethodOptions { Damping = 1e6 });
        var (ekfac, dots) = (problem.Scores("ekfac"), problem.Scores("gradsim"));
        var ratio = ekfac[0, 0] / dots[0, 0];
        Assert.True(ratio > 0);
        for (var query = 0; query < problem.Queries; query++)
        {
            for (var item = 0; item < problem.Items; item++)
            {
                Assert.Equal(dots[query, item], ekfac[query, item] / ratio, 1e-4f);
            }
        }
    }

    [Fact]
    public void Factors_are_measured_once_and_reused_with_another_damping()
    {
        using var folder = new TemporaryFolder();
        using var problem = new TinyProblem(TinyProblem.Perceptron);
        var method = AttributionMethodCatalog.Create("ekfac");
        var context = problem.Context with { Folder = folder.Root };
        var first = method.Score(context, null, default);
        var second = method.Score(context, null, default);
        Assert.DoesNotContain("reused", first.Remark, StringComparison.Ordinal);
        Assert.Contains("reused", second.Remark, StringComparison.Ordinal);
        Assert.Equal(first.Values, second.Values);
        Assert.Equal(first.BackwardPasses, second.BackwardPasses);
        Assert.True(second.ReusedSeconds > 0);
        Assert.NotEqual(first.Values, method.Score(context with { Options = new MethodOptions { Damping = 5 } }, null, default).Values);
        Assert.Single(Directory.GetFiles(folder.At("ekfac"), "*.safetensors"));
    }

    [Fact]
    public void Parameters_without_factors_are_left_out_and_counted()
    {
        using var problem = new TinyProblem(TinyProblem.Normalised, items: 4, queries: 2, size: 8);
        var scores = AttributionMethodCatalog.Create("ekfac").Score(problem.Context, null, default);
        Assert.Contains("are left out", scores.Remark, StringComparison.Ordinal);
    }

    [SharedDataFact("torchscript-mnist", "mnist")]
    public void A_TorchScript_module_is_refused_by_what_must_see_layers()
    {
        var file = Directory.EnumerateFiles(SharedData.At("torchscript-mnist"), "*.pt").First();
        using var model = Model.Load(file, CPU);
        using var data = DatasetLoader.Open(SharedData.At("mnist") + "@test[0:4]", model.Input, model.TargetKind);
        using var feed = new DataFeed(data, model.Input, CPU);
        var context = new MethodContext(model, ParameterSelection.All(model.Layout), model.Parameters, data, data, feed, feed, 100, 10, 4, new MethodOptions());
        foreach (var method in new[] { "ekfac", "embedding" })
        {
            var error = Assert.Throws<InputException>(() => AttributionMethodCatalog.Create(method).Score(context, null, default));
            Assert.Contains("torchscript", error.Message, StringComparison.Ordinal);
        }

        foreach (var method in new[] { "gradsim", "cosine", "trak" })
        {
            var scores = AttributionMethodCatalog.Create(method).Score(context, null, default).Values;
            Assert.All(Enumerable.Range(0, 4), item => Assert.True(scores[(item * 4) + item] < 0, $"{method}: {scores[(item * 4) + item]}"));
        }
    }

    private static double[,] Naive(TinyProblem problem, double damping)
    {
        var network = new NaiveNetwork(problem.Model);
        var result = new double[problem.Queries, problem.Items];
        var itemGradients = problem.Pictures.Zip(problem.Labels, network.LossGradient).ToArray();
        var queryGradients = problem.QueryPictures.Zip(problem.QueryLabels, network.LossGradient).ToArray();
        var seen = problem.Pictures.SelectMany(picture => Enumerable.Range(0, TinyProblem.Classes).Select(column => (Column: column, Factors: network.Factors(picture, Root(network, picture, column))))).ToList();
        for (var layer = 0; layer < seen[0].Factors.Inputs.Length; layer++)
        {
            var inputs = Basis(seen.Where(each => each.Column == 0).SelectMany(each => each.Factors.Inputs[layer]));
            var outputs = Basis(seen.SelectMany(each => each.Factors.Slopes[layer]));
            var (rows, columns) = (outputs.GetLength(0), inputs.GetLength(0));
            var values = new double[rows, columns];
            foreach (var (_, factors) in seen)
            {
                var matrix = new double[rows, columns];
                Each(rows, columns, (row, column) => matrix[row, column] = factors.Inputs[layer].Zip(factors.Slopes[layer], (a, s) => a[column] * s[row]).Sum());
                var rotated = Rotate(matrix, outputs, inputs);
                Each(rows, columns, (row, column) => values[row, column] += rotated[row, column] * rotated[row, column] / problem.Items);
            }

            var place = network.Place(layer, columns - 1);
            double[,] Part(double[] gradient)
            {
                var matrix = new double[rows, columns];
                Each(rows, columns, (row, column) => matrix[row, column] = gradient[place(row, column)]);
                return Rotate(matrix, outputs, inputs);
            }

            var (mean, q, n) = (values.Cast<double>().Average(), queryGradients.Select(Part).ToArray(), itemGradients.Select(Part).ToArray());
            Each(problem.Queries, problem.Items, (query, item) => Each(rows, columns, (row, column)
                => result[query, item] += q[query][row, column] * n[item][row, column] / (values[row, column] + (damping * mean))));
        }

        return result;
    }

    // Σ over logits of column c of S, S·Sᵀ = diag(p) − p·pᵀ, times the logits.
    private static Func<double[], double> Root(NaiveNetwork network, byte[] picture, int column)
    {
        var p = NaiveNetwork.Probabilities(network.Logits(picture));
        return logits => Math.Sqrt(p[column]) * (logits[column] - NaiveNetwork.Dot(p, logits));
    }

    private static double[,] Basis(IEnumerable<double[]> rows)
    {
        using var scope = NewDisposeScope();
        var list = rows.ToList();
        var size = list[0].Length;
        var matrix = new double[size * size];
        foreach (var row in list)
        {
            Each(size, size, (i, j) => matrix[(i * size) + j] += row[i] * row[j]);
        }

        var vectors = linalg.eigh(tensor(matrix, [size, size])).Item2.contiguous().data<double>().ToArray();
        var basis = new double[size, size];
        Buffer.BlockCopy(vectors, 0, basis, 0, vectors.Length * sizeof(double));
        return basis;
    }

    // Uᵀ·M·V.
    private static double[,] Rotate(double[,] m, double[,] u, double[,] v)
    {
        var (rows, columns) = (m.GetLength(0), m.GetLength(1));
        var (half, result) = (new double[rows, columns], new double[rows, columns]);
        Each(rows, columns, (i, j) => half[i, j] = Enumerable.Range(0, columns).Sum(k => m[i, k] * v[k, j]));
        Each(rows, columns, (i, j) => result[i, j] = Enumerable.Range(0, rows).Sum(k => u[k, i] * half[k, j]));
        return result;
    }

    private static void Each(int rows, int columns, Action<int, int> work)
    {
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                work(row, column);
            }
        }
    }
}
