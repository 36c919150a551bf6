using Bif.Engine.FirstOrder;
using Bif.Engine.Runs;
using static TorchSharp.torch;

namespace Bif.Engine.Retraining;

/// <summary>What the scores of a method cost.</summary>
/// <param name="Seconds">Wall-clock seconds; null where unknown.</param>
/// <param name="ForwardPasses">Forward passes of one item each; null where unknown.</param>
/// <param name="BackwardPasses">Backward passes of one item each; null where unknown.</param>
public sealed record MethodCost(double? Seconds, double? ForwardPasses, double? BackwardPasses)
{
    /// <summary>
    /// The cost of a run from its record: gradients of every step, and the losses of items and queries at every draw. Full-batch
    /// steps give the items' losses on the way. A control variate takes gradients of all items and queries at several points, for
    /// every panel of draws. Calibration and curvature are in the seconds, not in the passes.
    /// </summary>
    public static MethodCost Of(RunRecord record)
    {
        var settings = record.Settings;
        var gradients = settings.Sampler == "laplace" ? 0 : (double)settings.Chains * settings.Steps * (settings.Batch > 0 ? settings.Batch : record.Data.Count);
        var fromGradients = settings.Sampler != "laplace" && settings.Batch == 0;
        var losses = (double)settings.Chains * settings.Draws * (record.Queries.Count + (fromGradients ? 0 : record.Data.Count));
        var control = settings.FirstOrderControl
            ? FirstOrderPass.ItemGradients(record.Model.SampledParameters, record.Data.Count, record.Queries.Count, (long)settings.Chains * settings.Draws, ThermalGradients.PointsOf(settings), new Device(record.Spec.Device))
            : 0;
        return new(record.Timings?.TotalSeconds, gradients + losses + control, gradients + control);
    }
}
