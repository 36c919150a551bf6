using static TorchSharp.torch;

namespace Bif.Engine.Models.Layers;

/// <summary>The folded convolutions of one position of the weights, formed as they come up; of no use once the weights move.</summary>
public sealed class FoldedLayers : IDisposable
{
    private readonly Dictionary<ConvBatchNorm, (Tensor Weight, Tensor Bias)> _layers = new(ReferenceEqualityComparer.Instance);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (weight, bias) in _layers.Values)
        {
            weight.Dispose();
            bias.Dispose();
        }

        _layers.Clear();
    }

    internal (Tensor Weight, Tensor Bias) Of(ConvBatchNorm layer, Weights weights)
    {
        if (!_layers.TryGetValue(layer, out var folded))
        {
            using var scope = NewDisposeScope();
            var (weight, bias) = layer.Fold(weights);
            folded = (weight.DetachFromDisposeScope(), bias.DetachFromDisposeScope());
            _layers.Add(layer, folded);
        }

        return folded;
    }
}
