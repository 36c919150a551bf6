using Bif.Engine.Models;
using Bif.Engine.Models.Layers;
using static TorchSharp.torch;

namespace Bif.Engine.Curvature;

/// <summary>Lists the linear and convolution layers of a forward pass whose weight is sampled.</summary>
/// <param name="selection">The sampled parameters.</param>
/// <param name="layout">The model's tensors.</param>
internal sealed class SeenLayers(ParameterSelection selection, Layout layout) : ILayerObserver
{
    /// <summary>The layers in the order of the pass.</summary>
    public List<SeenLayer> Layers { get; } = [];

    /// <inheritdoc/>
    public void Observe(Linear layer, Tensor inputs, Tensor outputs) => Add(layer.Weight, layer.Bias, 0, 1, 0, inputs, outputs);

    /// <inheritdoc/>
    public void Observe(Conv2d layer, Tensor inputs, Tensor outputs)
        => Add(layer.Weight, layer.Bias, layout.Parameters[layer.Weight].Shape[2], layer.Stride, layer.Padding, inputs, outputs);

    private void Add(int weight, int? bias, long kernel, long stride, long padding, Tensor inputs, Tensor outputs)
    {
        // A weight that is used twice, or a linear layer over more than two axes, has no simple factors: the diagonal serves.
        if (selection.Offset(weight) is not { } offset || (kernel == 0 && inputs.dim() is not (2 or 3)) || Layers.Exists(layer => layer.Weight == weight))
        {
            return;
        }

        var follows = bias is { } index && selection.Offset(index) == offset + layout.Parameters[weight].Length;
        Layers.Add(new SeenLayer(weight, offset, follows, kernel, stride, padding, inputs, outputs));
    }
}
