using Bif.Kernels;
using static TorchSharp.torch;

namespace Bif.Engine.Models;

/// <summary>Losses per item, in nats.</summary>
public static class ItemLoss
{
    /// <summary>Losses [batch] of outputs against targets.</summary>
    public static Tensor Of(Objective objective, Tensor outputs, Tensor targets) => objective switch
    {
        Objective.CrossEntropy => CrossEntropy.Composed(outputs, targets),
        Objective.HalfSquaredError => (outputs - targets).square() * 0.5,
        _ => throw new ArgumentOutOfRangeException(nameof(objective)),
    };

    /// <summary>Cross-entropies [rows] of logits [rows, classes] that nobody needs afterwards: without a copy, and without a graph.</summary>
    internal static Tensor OverwritingCrossEntropy(Tensor logits, Tensor labels)
    {
        var index = labels.unsqueeze(1);
        var label = logits.gather(1, index);
        var others = logits.scatter_(1, index, full_like(label, float.NegativeInfinity)).logsumexp(1);
        return nn.functional.softplus(others - label.squeeze(1));
    }
}
