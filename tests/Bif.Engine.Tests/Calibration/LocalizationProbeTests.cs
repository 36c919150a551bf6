using System.Text.Json.Nodes;
using Bif.Engine.Attribution;
using Bif.Engine.Calibration;
using Bif.Engine.Curvature;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Training;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Engine.Tests.Calibration;

public sealed class LocalizationProbeTests : IDisposable
{
    private const int Items = 40;
    private readonly Model _model;
    private readonly Dataset _data;
    private readonly DataFeed _feed;
    private readonly CurvatureSource _source;
    private readonly KroneckerCurvature _curvature;

    public LocalizationProbeTests()
    {
        var config = new JsonObject
        {
            ["model_type"] = "convnet", ["widths"] = new JsonArray(3, 4), ["num_channels"] = 1, ["image_size"] = 5, ["num_labels"] = 10, ["activation"] = "tanh",
        };
        (_model, _data) = SyntheticProblem.Create(config, [1, 5, 5], Items);
        _feed = new DataFeed(_data, null, CPU);
        _source = new CurvatureSource(_model, ParameterSelection.All(_model.Layout), _model.Parameters, _feed, 0, 8, 3);
        _curvature = KroneckerCurvature.Measure(_source, null);
    }

    public void Dispose()
    {
        _curvature.Dispose();
        _feed.Dispose();
        _data.Dispose();
        _model.Dispose();
    }

    [Fact]
    public void Above_all_curvature_first_order_parts_are_gradient_cosines_and_less_so_below_it()
    {
        var most = _curvature.Eigenvalues().Max();
        var agreements = new LocalizationProbe(_source).Agreements(_curvature, [1e4 * most, most, 0.01 * most, 1e-4 * most])!;
        Assert.Equal(1, agreements[0], 1e-5);
        Assert.True(agreements[0] > agreements[1] && agreements[1] > agreements[2] && agreements[2] > agreements[3], string.Join(" ", agreements));
    }

    // Ten of the forty items are asked about, one of every four.
    [Fact]
    public void Agreement_is_what_the_covariance_of_the_gaussian_gives()
    {
        using var scope = NewDisposeScope();
        var damping = 0.05 * _curvature.Eigenvalues().Max();
        var gradients = stack([.. Enumerable.Range(0, Items).Select(Gradient)]);
        using var gaussian = _curvature.ToPreconditioner(1, damping);
        var products = gradients.matmul(gaussian.Covariance(gradients, damping).transpose(0, 1));
        var plain = gradients.matmul(gradients.transpose(0, 1));
        int[] asked = [.. Enumerable.Range(0, 10).Select(index => (index * 4) + 1)];
        var pairs = asked.SelectMany(row => Enumerable.Range(0, Items).Except(asked).Select(column => (row, column))).ToList();
        double Cosine(Tensor matrix, int row, int column) => matrix[row, column].item<float>() / Math.Sqrt((double)matrix[row, row].item<float>() * matrix[column, column].item<float>());
        var expected = Diagnosis.Correlation(
            [.. pairs.Select(pair => Cosine(products, pair.row, pair.column))], [.. pairs.Select(pair => Cosine(plain, pair.row, pair.column))]);
        Assert.Equal(expected, new LocalizationProbe(_source).Agreements(_curvature, [damping])![0], 1e-4);
        Assert.InRange(expected, 0.2, 0.999);
    }

    [Fact]
    public void The_calibrated_damping_lets_the_curvature_be_heard_where_the_effective_dimension_did_not()
    {
        var calibrated = new Calibrator(_source, _curvature, "laplace", Math.Log(10), double.PositiveInfinity, _ => { })
            .Choose(new CalibrationConstraints(null, null, 1, false));
        var damping = calibrated.Gamma / calibrated.Nbeta;
        var (agreement, mean) = (new LocalizationProbe(_source).Agreements(_curvature, [damping])![0], _curvature.Eigenvalues().Average());
        var usual = Damping.Solve(_curvature.Eigenvalues(), Damping.ControlledDimension(Items, null));
        Assert.True(new LocalizationProbe(_source).Agreements(_curvature, [usual])![0] > Damping.CosineAgreement + 0.05);
        Assert.True(Math.Abs(agreement - Damping.CosineAgreement) < 0.05 || Math.Abs(damping - mean) < 1e-6 * mean, $"{agreement:G4} at {damping:G4}, mean {mean:G4}");
        Assert.Contains(calibrated.Reasons, reason => reason.StartsWith("damping lowered from", StringComparison.Ordinal));
    }

    private Tensor Gradient(int item)
    {
        var gradient = zeros_like(_model.Parameters);
        using var weights = _model.Bind(_source.Selection, _model.Parameters, gradient);
        _model.Losses(weights, _feed.Range(item, 1)).sum().backward();
        return gradient;
    }
}
