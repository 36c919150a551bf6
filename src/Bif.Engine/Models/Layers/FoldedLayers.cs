using static TorchSharp.torch;

namespace Bif.Engine.Models.Layers;

/// <summary>
/// What passes without gradient form from one position of the weights as it comes up, folded convolutions and weights of lower
/// precision; of no use once the weights move.
/// </summary>
public sealed class FoldedLayers : IDisposable
{
    private readonly Dictionary<ConvBatchNorm, (Tensor Weight, Tensor Bias)> _layers = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<int, Tensor> _cast = [];

    private readonly Weights _weights;

    /// <summary>Begins passes at the weights' present position; disposing ends them.</summary>
    public FoldedLayers(Weights weights)
    {
        _weights = weights;
        weights.Folded = this;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _weights.Folded = null;
        foreach (var (weight, bias) in _layers.Values)
        {
            weight.Dispose();
            bias.Dispose();
        }

        _layers.Clear();
        foreach (var tensor in _cast.Values)
        {
            tensor.Dispose();
        }

        _cast.Clear();
    }

    internal Tensor Cast(int index, Tensor parameter, ScalarType type)
    {
        if (!_cast.TryGetValue(index, out var cast))
        {
            _cast.Add(index, cast = parameter.to(type).DetachFromDisposeScope());
        }

        return cast;
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
