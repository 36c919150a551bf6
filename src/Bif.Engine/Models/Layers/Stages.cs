using static TorchSharp.torch;

namespace Bif.Engine.Models.Layers;

/// <summary>Parts of a network one after another, each of which reads only what the part before it gave.</summary>
internal static class Stages
{
    /// <summary>A part's result, a tensor of its own. What the part makes on the way is released with it, unless an observer may look at it later.</summary>
    public static Tensor Of(Weights weights, Func<Tensor> part)
    {
        if (weights.Observer is not null)
        {
            return part();
        }

        using var scope = NewDisposeScope();
        return part().MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Applies the stages. What one makes on the way is released as soon as it has given its result, and its input then too: else a pass
    /// holds the activations of all layers at once, of which a graph keeps what it needs by itself.
    /// </summary>
    /// <param name="weights">The tensors.</param>
    /// <param name="x">What the first stage reads; of no use to the caller afterwards.</param>
    /// <param name="stages">The stages in order.</param>
    /// <param name="forward">A stage's result for its input: a tensor of its own.</param>
    public static Tensor Run<T>(Weights weights, Tensor x, IEnumerable<T> stages, Func<T, Tensor, Tensor> forward)
    {
        foreach (var stage in stages)
        {
            var inputs = x;
            x = Of(weights, () => forward(stage, inputs));
            if (weights.Observer is null)
            {
                inputs.Dispose();
            }
        }

        return x;
    }
}
