using static TorchSharp.torch;

namespace Bif.Engine.Models;

/// <summary>What a model's outputs are compared with, per item, in nats.</summary>
public enum Objective
{
    /// <summary>Outputs are logits [batch, classes], targets class indices [batch]; the loss is the cross-entropy.</summary>
    CrossEntropy,

    /// <summary>Outputs are predictions [batch], targets numbers [batch]; the loss is ½(ŷ−y)².</summary>
    HalfSquaredError,

    /// <summary>
    /// Outputs are logits [batch, length, vocabulary], targets the next tokens [batch, length], −1 where there is none; the
    /// loss of an item is the sum of its tokens' cross-entropies.
    /// </summary>
    NextToken,
}

/// <summary>
/// A network's structure: its tensors and its forward pass, without values. One file per architecture in this folder,
/// found by its <see cref="ModelTypeAttribute"/>; the constructor takes the <see cref="ModelSource"/>.
/// </summary>
public abstract class Architecture
{
    /// <summary>The tensors that the constructor declared.</summary>
    public abstract Layout Layout { get; }

    /// <summary>What the outputs mean.</summary>
    public virtual Objective Objective => Objective.CrossEntropy;

    /// <summary>Whether a checkpoint may hold this tensor although the architecture has no use for it.</summary>
    public virtual bool Ignores(string tensor) => false;

    /// <summary>Parameters [P] that come with the architecture's own file instead of a checkpoint, or null.</summary>
    public virtual Tensor? OwnParameters() => null;

    /// <summary>Whatever beside the parameters identifies the network (a module's code); empty for our own.</summary>
    public virtual byte[] OwnContent() => [];

    /// <summary>Outputs for a batch of normalised inputs: logits [batch, classes] or predictions [batch].</summary>
    public abstract Tensor Forward(Weights weights, Tensor inputs);

    /// <summary>Binds the tensors to vectors; see <see cref="Weights"/>.</summary>
    public virtual Weights Bind(
        Tensor checkpoint, IReadOnlyList<Tensor> buffers, ParameterSelection selection, Tensor vector, Tensor? gradient)
        => new(Layout, checkpoint, buffers, selection, vector, gradient);
}
