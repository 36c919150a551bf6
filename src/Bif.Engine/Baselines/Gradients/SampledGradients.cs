using Bif.Engine.Data;
using Bif.Engine.Models;
using static TorchSharp.torch;

namespace Bif.Engine.Baselines.Gradients;

/// <summary>Gradients of single items' losses at one position, a forward and a backward pass each: for samples of items, in the memory of one gradient.</summary>
internal sealed class SampledGradients : IDisposable
{
    private readonly Model _model;
    private readonly Weights _weights;
    private readonly Tensor _gradient;

    /// <summary>Binds the model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="selection">The parameters that count.</param>
    /// <param name="position">Their values [P].</param>
    public SampledGradients(Model model, ParameterSelection selection, Tensor position)
    {
        (_model, _gradient) = (model, zeros_like(position).DetachFromDisposeScope());
        _weights = model.Bind(selection, position, _gradient);
    }

    /// <summary>So many of the items, or all, evenly spread: their indices.</summary>
    public static int[] Spread(int count, int wanted)
    {
        var taken = Math.Min(count, wanted);
        return [.. Enumerable.Range(0, taken).Select(index => (int)((long)index * count / taken))];
    }

    /// <summary>∇ℓ of an item [P]; the next one takes its place.</summary>
    public Tensor Of(DataFeed feed, int index)
    {
        using (no_grad())
        {
            _gradient.zero_();
        }

        using var scope = NewDisposeScope();
        using var grad = enable_grad();
        _model.Losses(_weights, feed.Range(index, 1)).sum().backward();
        return _gradient;
    }

    /// <summary>The unit vector of an item's gradient, zero where the gradient vanishes, in the caller's scope, and its length.</summary>
    public (Tensor Unit, double Length) Direction(DataFeed feed, int index)
    {
        using var noGradient = no_grad();
        var gradient = Of(feed, index);
        var length = gradient.norm().item<float>();
        return (length > 0 ? gradient / length : gradient.clone(), length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _weights.Dispose();
        _gradient.Dispose();
    }
}
