using System.Text.Json.Nodes;
using Bif.Engine.Curvature;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Training;
using Bif.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Engine.Tests.Curvature;

/// <summary>The three estimates of the Gauss-Newton matrix against the matrix itself, formed densely.</summary>
public sealed class CurvatureTests
{
    private const int Items = 12;

    private static readonly JsonObject Perceptron = new()
    {
        ["model_type"] = "mlp", ["hidden_sizes"] = new JsonArray(4), ["num_labels"] = 3, ["input_size"] = 16, ["activation"] = "tanh",
    };

    private static readonly JsonObject Convolutional = new() { ["model_type"] = "cifar_resnet", ["depth"] = 8, ["num_channels"] = 1 };

    private static readonly JsonObject PlainConvolutional = new()
    {
        ["model_type"] = "convnet", ["widths"] = new JsonArray(2, 3), ["num_channels"] = 1, ["image_size"] = 5, ["num_labels"] = 3, ["activation"] = "tanh",
    };

    [Fact]
    public void Products_and_leading_pairs_agree_with_the_dense_matrix()
    {
        using var scope = NewDisposeScope();
        using var problem = new Problem(Perceptron, [1, 4, 4]);
        var dense = problem.Dense();
        using var product = new GaussNewton(problem.Source);
        var vector = randn([problem.Source.Center.numel()]);
        var exact = dense.mv(vector);
        Assert.True((product.Multiply(vector) - exact).norm().item<float>() < 1e-4 * exact.norm().item<float>());

        using var lowRank = LowRankCurvature.Measure(problem.Source, 10, null);
        var values = linalg.eigh(dense).Item1;
        var count = (int)values.shape[0];
        for (var place = 0; place < 10; place++)
        {
            var eigenvalue = values.select(0, count - 1 - place).item<float>();
            Assert.Equal(eigenvalue, lowRank.Eigenvalues()[place], 1e-3 * eigenvalue);
        }
    }

    // A network of 140 parameters and 12 items x 3 classes: 36 rows of J, of which a range of 20 + 10 holds nearly all.
    [Fact]
    public void Leading_pairs_of_a_convolutional_network_agree_with_the_dense_matrix()
    {
        using var scope = NewDisposeScope();
        using var problem = new Problem(PlainConvolutional, [1, 5, 5]);
        var dense = problem.Dense();
        using var lowRank = LowRankCurvature.Measure(problem.Source, 20, null);
        var values = linalg.eigh(dense).Item1;
        var count = (int)values.shape[0];
        for (var place = 0; place < 8; place++)
        {
            var eigenvalue = values.select(0, count - 1 - place).item<float>();
            Assert.Equal(eigenvalue, lowRank.Eigenvalues()[place], 0.02 * eigenvalue);
        }

        // (nβF + γ)⁻¹ as the dense matrix gives it.
        var (x, y) = (randn([count]), dense.mv(randn([count])));
        var exact = linalg.solve((dense * 100) + (eye(count) * 2), y).dot(x).item<float>();
        var scale = Math.Sqrt(x.dot(x).item<float>() * y.dot(y).item<float>()) / 2;
        Assert.Equal(exact, lowRank.DampedProduct(x, y, 100, 2), 0.02 * scale);
    }

    // More parameters than the sketch has buckets. 36 rows of J, the products of which have the eigenvalues of F; they hardly fall, and a
    // range of 24 gives the first within a tenth, never above, with buckets or without.
    [Fact]
    public void Leading_pairs_of_a_network_that_is_sketched_in_buckets_agree_with_the_rows_products()
    {
        using var scope = NewDisposeScope();
        var wide = PlainConvolutional.DeepClone().AsObject();
        wide["widths"] = new JsonArray(64, 128);
        using var problem = new Problem(wide, [1, 5, 5]);
        Assert.True(problem.Source.Center.numel() > 70_000);
        using var lowRank = LowRankCurvature.Measure(problem.Source, 20, null);
        var values = problem.RowProducts();
        var count = (int)values.shape[0];
        for (var place = 0; place < 6; place++)
        {
            var eigenvalue = values.select(0, count - 1 - place).item<float>();
            Assert.InRange(lowRank.Eigenvalues()[place], 0.9 * eigenvalue, 1.001 * eigenvalue);
        }
    }

    // vᵀFv from the change of the outputs along v, by central differences.
    [SharedDataFact("torchscript-mnist", "mnist")]
    public void Products_of_a_TorchScript_module_are_what_its_outputs_change_by()
    {
        using var scope = NewDisposeScope();
        using var model = Model.Load(SharedData.At("torchscript-mnist"), CPU);
        using var data = DatasetLoader.Open(SharedData.At("mnist@train[0:20]"), model.Input);
        using var feed = new DataFeed(data, model.Input, CPU);
        var source = new CurvatureSource(model, ParameterSelection.All(model.Layout), model.Parameters, feed, 0, 8, 0);
        var direction = randn_like(model.Parameters);
        using var product = new GaussNewton(source);
        var measured = product.Multiply(direction).dot(direction).item<float>();

        Tensor Outputs(double along)
        {
            using var noGradient = no_grad();
            using var weights = model.Bind(source.Selection, model.Parameters.add(direction, along), null);
            return model.Outputs(weights, feed.Range(0, feed.Count));
        }

        var change = (Outputs(1e-3) - Outputs(-1e-3)) / 2e-3;
        var chance = Outputs(0).softmax(1);
        var mean = (chance * change).sum(1);
        var expected = ((chance * change * change).sum(1) - (mean * mean)).mean().item<float>();
        Assert.Equal(expected, measured, 0.02 * expected);
    }

    [Fact]
    public void Kronecker_eigenvalues_keep_the_trace_and_the_diagonal_estimates_it()
    {
        using var scope = NewDisposeScope();
        using var problem = new Problem(Perceptron, [1, 4, 4]);
        var trace = problem.Dense().diagonal().sum().item<float>();
        using var factors = KroneckerCurvature.Measure(problem.Source, null);
        Assert.Equal(2, factors.Layers.Count);
        Assert.Equal(trace, factors.Eigenvalues().Sum(), 1e-3 * trace);
        using var diagonal = DiagonalCurvature.Measure(problem.Source, null);
        Assert.Equal(trace, diagonal.Eigenvalues().Sum(), 0.2 * trace);
    }

    [Fact]
    public void A_convolutional_network_has_factors_for_its_convolutions_and_a_diagonal_for_its_norms()
    {
        using var scope = NewDisposeScope();
        using var problem = new Problem(Convolutional, [1, 8, 8]);
        var trace = problem.Trace();
        using var factors = KroneckerCurvature.Measure(problem.Source, null);
        Assert.Equal(8, factors.Layers.Count);
        Assert.Contains("have no factors", factors.Remark, StringComparison.Ordinal);
        Assert.Equal(trace, factors.Eigenvalues().Sum(), 0.35 * trace);
    }

    [Theory]
    [InlineData("diagonal")]
    [InlineData("kfac")]
    [InlineData("lowrank")]
    public void A_saved_curvature_moves_chains_the_same_way(string name)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var problem = new Problem(Perceptron, [1, 4, 4]);
        using var measured = CurvatureEstimate.Measure(name, problem.Source, 5);
        measured.Save(folder.At("curvature.safetensors"));
        using var read = CurvatureEstimate.Load(folder.At("curvature.safetensors"), CPU);
        Assert.Equal(measured.Eigenvalues(), read.Eigenvalues());
        using var first = measured.ToPreconditioner(100, 2);
        using var second = read.ToPreconditioner(100, 2);
        var x = randn([problem.Source.Center.numel()]);
        var (a, b) = (zeros_like(x), zeros_like(x));
        first.ToWeights(x, problem.Source.Center, a);
        second.ToWeights(x, problem.Source.Center, b);
        Assert.Equal(0, (a - b).abs().max().item<float>());
    }

    // Which batch is fastest differs from machine to machine, and with it chains and scores would.
    [Theory]
    [InlineData("diagonal")]
    [InlineData("kfac")]
    [InlineData("lowrank")]
    public void What_is_estimated_does_not_depend_on_the_pieces_that_the_items_come_in(string name)
    {
        using var scope = NewDisposeScope();
        using var problem = new Problem(PlainConvolutional, [1, 5, 5], items: 70);
        var measured = new[] { 70, 24, 1 }.Select(piece =>
        {
            using var curvature = CurvatureEstimate.Measure(name, problem.Source with { Piece = piece }, 6, null);
            return curvature.Eigenvalues();
        }).ToList();
        foreach (var other in measured.Skip(1))
        {
            Assert.All(measured[0].Zip(other), pair => Assert.Equal(pair.First, pair.Second, 1e-4 * measured[0].Max()));
        }
    }

    [Fact]
    public void Signs_belong_to_an_item_whatever_comes_before_it_or_behind_its_last_position()
    {
        using var scope = NewDisposeScope();
        using var problem = new Problem(Perceptron, [1, 4, 4]);
        var all = problem.Source.Signs(zeros([70, 3]), 2, 0);
        Assert.Equal(0, (all.narrow(0, 30, 5) - problem.Source.Signs(zeros([5, 3]), 2, 30)).abs().max().item<float>());
        Assert.NotEqual(0, (all.narrow(0, 30, 5) - problem.Source.Signs(zeros([5, 3]), 1, 30)).abs().max().item<float>());
        Assert.InRange(all.mean().item<float>(), -0.2, 0.2);
        var texts = problem.Source.Signs(zeros([4, 6, 5]), 0, 8);
        Assert.Equal(0, (texts.narrow(0, 2, 2).narrow(1, 0, 3) - problem.Source.Signs(zeros([2, 3, 5]), 0, 10)).abs().max().item<float>());
    }

    /// <summary>A small network with new weights on random items.</summary>
    private sealed class Problem : IDisposable
    {
        private readonly Model _model;
        private readonly Dataset _data;
        private readonly DataFeed _feed;

        public Problem(JsonObject config, long[] shape, int items = Items)
        {
            (_model, _data) = SyntheticProblem.Create(config.DeepClone().AsObject(), shape, items);
            _feed = new DataFeed(_data, null, CPU);
            Source = new CurvatureSource(_model, ParameterSelection.All(_model.Layout), _model.Parameters, _feed, 0, 5, 3);
        }

        public CurvatureSource Source { get; }

        /// <summary>(1/n)·Σ over items and columns of S of the outer product of the column's gradient with itself.</summary>
        public Tensor Dense()
        {
            var sum = zeros([Source.Center.numel(), Source.Center.numel()]);
            ForEachColumn(gradient => sum.add_(gradient.outer(gradient)));
            return sum / Items;
        }

        /// <summary>The trace of the same.</summary>
        public double Trace()
        {
            var sum = 0.0;
            ForEachColumn(gradient => sum += gradient.dot(gradient).item<float>());
            return sum / Items;
        }

        /// <summary>The eigenvalues of the same that are not 0, of the products of J's rows with one another.</summary>
        public Tensor RowProducts()
        {
            var rows = new List<Tensor>();
            ForEachColumn(gradient => rows.Add(gradient.clone().MoveToOuterDisposeScope()));
            var all = stack(rows);
            return linalg.eigh(all.matmul(all.transpose(0, 1)) / Items).Item1;
        }

        private void ForEachColumn(Action<Tensor> work)
        {
            using var gradient = zeros_like(_model.Parameters);
            using var weights = _model.Bind(Source.Selection, _model.Parameters, gradient);
            var curvature = new OutputCurvature(_model.Objective);
            for (var item = 0; item < Items; item++)
            {
                for (var (column, count) = (0, 1); column < count; column++)
                {
                    using var scope = NewDisposeScope();
                    var outputs = _model.Architecture.Forward(weights, _feed.Range(item, 1).Inputs);
                    count = curvature.Columns(outputs);
                    using (no_grad())
                    {
                        gradient.zero_();
                    }

                    (outputs * curvature.Column(outputs.detach(), column)).sum().backward();
                    using var noGradient = no_grad();
                    work(gradient);
                }
            }
        }

        public void Dispose()
        {
            _feed.Dispose();
            _data.Dispose();
            _model.Dispose();
        }
    }
}
