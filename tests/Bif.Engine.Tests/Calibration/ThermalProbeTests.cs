using System.Runtime;
using System.Text.Json.Nodes;
using Bif.Engine.Calibration;
using Bif.Engine.Curvature;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Training;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Engine.Tests.Calibration;

public sealed class ThermalProbeTests
{
    // Gradients of a large model must not wait for a collector that sees only their small handles: a pilot makes sixty.
    [Theory]
    [InlineData("baoab", true)]
    [InlineData("baoab", false)]
    [InlineData("laplace", false)]
    public void It_releases_its_tensors_itself(string sampler, bool centered)
    {
        var config = new JsonObject { ["model_type"] = "mlp", ["hidden_sizes"] = new JsonArray(4), ["num_labels"] = 10, ["input_size"] = 16 };
        var (model, data) = SyntheticProblem.Create(config, [1, 4, 4], 12);
        using var feed = new DataFeed(data, null, CPU);
        var source = new CurvatureSource(model, ParameterSelection.All(model.Layout), model.Parameters, feed, 0, 5, 3);
        using var curvature = KroneckerCurvature.Measure(source, null);
        using var coordinates = curvature.ToPreconditioner(100, 10);
        Assert.True(GC.TryStartNoGCRegion(100_000_000));
        try
        {
            var before = Tensor.TotalCount;
            using (var probe = new ThermalProbe(source))
            {
                Assert.True(probe.ModeShift(coordinates, 100, 10) > 0);
                Assert.True(probe.Steepest(coordinates, 100, 10) >= 1);
                Assert.True(double.IsFinite(probe.Pilot(sampler, coordinates, 0.5, 100, 10, centered)));
            }

            Assert.Equal((GCLatencyMode.NoGCRegion, before), (GCSettings.LatencyMode, Tensor.TotalCount));
        }
        finally
        {
            if (GCSettings.LatencyMode == GCLatencyMode.NoGCRegion)
            {
                GC.EndNoGCRegion();
            }

            data.Dispose();
            model.Dispose();
        }
    }
}
