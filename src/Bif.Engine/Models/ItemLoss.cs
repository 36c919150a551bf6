using static TorchSharp.torch;

namespace Bif.Engine.Models;

/// <summary>Losses per item, in nats.</summary>
public static class ItemLoss
{
    /// <summary>Losses [batch] of outputs against targets.</summary>
    public static Tensor Of(Objective objective, Tensor outputs, Tensor targets) => objective switch
    {
        Objective.CrossEntropy => CrossEntropy(outputs, targets),
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

    // Evaluated as softplus(logsumexp over the other classes − the label's logit): a confident item's loss lies far
    // below the resolution that log_softmax has in float32 (METHOD section 2).
    private static Tensor CrossEntropy(Tensor logits, Tensor labels)
    {
        var index = labels.unsqueeze(1);
        var label = logits.gather(1, index).squeeze(1);
        var masked = logits.scatter(1, index, full_like(label.unsqueeze(1), float.NegativeInfinity));
        var others = masked.logsumexp(1);
        return nn.functional.softplus(others - label);
    }
}
