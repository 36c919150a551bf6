using Bif.Engine.Curvature;
using Bif.Engine.Data;
using Bif.Engine.Models;
using static TorchSharp.torch;

namespace Bif.Engine.Baselines.Gradients;

/// <summary>A number per item [batch] computed from a model's outputs; its gradient is what methods use.</summary>
internal delegate Tensor ItemValue(Tensor outputs, Batch batch);

/// <summary>The numbers whose gradients comparison methods use.</summary>
internal static class ItemValues
{
    /// <summary>The loss, nats; of a text the sum over its tokens.</summary>
    public static ItemValue Loss(Objective objective) => objective == Objective.NextToken
        ? (outputs, batch) => PerText(batch, ItemLoss.Of(Objective.CrossEntropy, outputs.flatten(0, 1), Labels(batch)))
        : (outputs, batch) => ItemLoss.Of(objective, outputs, batch.Targets);

    /// <summary>Outputs times a column of the square root of their curvature: its gradient is a row of the root Jacobian J, F = JᵀJ/n.</summary>
    public static ItemValue RootColumn(Objective objective, int column)
    {
        var curvature = new OutputCurvature(objective);
        return (outputs, _) => outputs.dim() == 1 ? outputs : (outputs * curvature.Column(outputs.detach(), column)).sum([1L]);
    }

    /// <summary>Next tokens [batch · length], 0 where there is none.</summary>
    public static Tensor Labels(Batch batch) => batch.Targets.flatten().clamp_min(0);

    /// <summary>Sums [batch] of values [batch · length] over the tokens that have a target.</summary>
    public static Tensor PerText(Batch batch, Tensor values) => values.masked_fill(batch.Targets.flatten().lt(0), 0).view(batch.Targets.shape).sum([1L]);
}
