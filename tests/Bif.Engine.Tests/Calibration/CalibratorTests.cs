using System.Text.Json.Nodes;
using Bif.Engine.Calibration;
using Bif.Engine.Curvature;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Training;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Engine.Tests.Calibration;

public sealed class CalibratorTests
{
    // One direction is known, and not well: the others raise the loss by what is theirs, at any step.
    [Fact]
    public void A_rise_that_does_not_come_from_the_step_does_not_shorten_it()
    {
        using var scope = NewDisposeScope();
        var (model, data) = SyntheticProblem.Create(new JsonObject { ["model_type"] = "mlp", ["hidden_sizes"] = new JsonArray(), ["num_labels"] = 10, ["input_size"] = 16 }, [1, 4, 4], 60);
        using var feed = new DataFeed(data, null, CPU);
        var source = new CurvatureSource(model, ParameterSelection.All(model.Layout), model.Parameters, feed, 0, 60, 3);
        Descend(source, 5000);
        using var curvature = new LowRankCurvature(ones([1, model.Parameters.numel()]) / Math.Sqrt(model.Parameters.numel()), tensor(new[] { 0.01f }), 0.01);
        var calibrated = new Calibrator(source, curvature, "baoab", 2, 1000, _ => { }).Choose(new CalibrationConstraints(1e6, 1e5, null, true));
        var pilots = calibrated.Reasons.Where(reason => reason.StartsWith("pilot", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, pilots.Count);
        Assert.Contains(FormattableString.Invariant($"step {calibrated.Step:G3}:"), pilots[0], StringComparison.Ordinal);
        Assert.Contains("does not come from it", calibrated.Reasons[^1], StringComparison.Ordinal);
        data.Dispose();
        model.Dispose();
    }

    private static void Descend(CurvatureSource source, int steps)
    {
        using var gradient = zeros_like(source.Center);
        using var weights = source.Model.Bind(source.Selection, source.Center, gradient);
        for (var step = 0; step < steps; step++)
        {
            using var scope = NewDisposeScope();
            using (no_grad())
            {
                gradient.zero_();
            }

            source.Model.Losses(weights, source.Feed.Range(0, source.Feed.Count)).mean().backward();
            using var noGradient = no_grad();
            source.Center.sub_(gradient * 2);
        }
    }
}
