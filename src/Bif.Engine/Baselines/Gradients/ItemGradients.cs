using static TorchSharp.torch;

namespace Bif.Engine.Baselines.Gradients;

/// <summary>Gradients of some items: factors of layers, and plain rows for the parameters outside them.</summary>
/// <param name="parameters">P, the length of the sampled vector.</param>
/// <param name="layers">The layers with factors, in the same order for all items of a model.</param>
/// <param name="rest">Gradients of the other parameters [items, R]; null where there are none.</param>
/// <param name="restParts">Which stretches of the sampled vector the columns of <paramref name="rest"/> are.</param>
internal sealed class ItemGradients(
    long parameters, IReadOnlyList<LayerGradients> layers, Tensor? rest, IReadOnlyList<(long Offset, long Length)> restParts)
{
    /// <summary>Number of items.</summary>
    public int Count => (int)(rest?.shape[0] ?? layers[0].Count);

    /// <summary>Prepares, in the caller's scope, for dot products with many other items.</summary>
    public void Form()
    {
        foreach (var layer in layers)
        {
            layer.Form();
        }
    }

    /// <summary>Gives the tensors to the scope around the present one.</summary>
    public void MoveToOuterDisposeScope()
    {
        rest?.MoveToOuterDisposeScope();
        foreach (var layer in layers)
        {
            layer.MoveToOuterDisposeScope();
        }
    }

    /// <summary>Dot products [items, other's items].</summary>
    public Tensor Dot(ItemGradients other)
    {
        var parts = layers.Zip(other.Layers, (mine, others) => mine.Dot(others));
        return (rest is null ? parts : parts.Append(rest.matmul(other.Rest!.t()))).Aggregate((sum, part) => sum.add_(part));
    }

    /// <summary>Lengths [items].</summary>
    public Tensor Lengths()
    {
        var parts = layers.Select(layer => layer.SquaredLengths());
        return (rest is null ? parts : parts.Append(rest.square().sum([1L]))).Aggregate((sum, part) => sum.add_(part)).sqrt_();
    }

    /// <summary>The gradients themselves, rows [items, P] of the sampled vector.</summary>
    public Tensor Flat()
    {
        var flat = zeros([Count, parameters], device: rest?.device ?? layers[0].Device);
        AddTo(flat);
        return flat;
    }

    /// <summary>Adds the gradients to rows [items, P] of the sampled vector.</summary>
    public void AddTo(Tensor flat)
    {
        using var scope = NewDisposeScope();
        foreach (var layer in layers)
        {
            layer.AddTo(flat);
        }

        var column = 0L;
        foreach (var (offset, length) in restParts)
        {
            flat.narrow(1, offset, length).add_(rest!.narrow(1, column, length));
            column += length;
        }
    }

    private IReadOnlyList<LayerGradients> Layers => layers;

    private Tensor? Rest => rest;
}
