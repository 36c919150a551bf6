using static TorchSharp.torch;

namespace Bif.Engine.Models;

/// <summary>What a model's outputs are compared with, per item, in nats.</summary>
public enum Objective
{
    /// <summary>Outputs are logits [batch, classes], targets class indices [batch]; the loss is the cross-entropy.</summary>
    CrossEntropy,

    /// <summary>Outputs are predictions [batch], targets numbers [batch]; the loss is ½(ŷ−y)².</summary>
    HalfSquaredError,
}

/// <summary>
/// A network's structure: its tensors and its forward pass, without values. One file per architecture in this folder,
/// found by its <see cref="ModelTypeAttribute"/>; the constructor takes the <see cref="ModelConfig"/>.
/// </summary>
public abstract class Architecture
{
    /// <summary>The tensors that the constructor declared.</summary>
    public abstract Layout Layout { get; }

    /// <summary>What the outputs mean.</summary>
    public virtual Objective Objective => Objective.CrossEntropy;

    /// <summary>Whether inputs are images whose channels should lie innermost in memory (faster convolutions).</summary>
    public virtual bool PrefersChannelsLast => false;

    /// <summary>Outputs for a batch of normalised inputs: logits [batch, classes] or predictions [batch].</summary>
    public abstract Tensor Forward(Weights weights, Tensor inputs);

    /// <summary>Binds the tensors to vectors; see <see cref="Weights"/>.</summary>
    public virtual Weights Bind(
        Tensor checkpoint, IReadOnlyList<Tensor> buffers, ParameterSelection selection, Tensor vector, Tensor? gradient)
        => new(Layout, checkpoint, buffers, selection, vector, gradient);
}
