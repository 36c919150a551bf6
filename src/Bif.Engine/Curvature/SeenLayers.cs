using Bif.Engine.Data;
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

    /// <summary>Scales, shifts, embeddings and other matrices; one that is used twice is there twice.</summary>
    public List<SeenPart> Parts { get; } = [];

    /// <summary>A model's outputs for a batch, whose layers are listed.</summary>
    public Tensor Outputs(Model model, Weights weights, Batch batch)
    {
        weights.Observer = this;
        var outputs = model.Outputs(weights, batch);
        weights.Observer = null;
        return outputs;
    }

    /// <inheritdoc/>
    public void ObserveScale(int weight, int? bias, Func<Tensor> standardised, Tensor outputs, int features)
    {
        // Everything but the items and the features is summed.
        long[] positions = [.. Enumerable.Range(1, (int)outputs.dim() - 1).Where(axis => axis != features).Select(axis => (long)axis)];
        Tensor Summed(Tensor rows) => positions.Length == 0 ? rows : rows.sum(positions);
        AddPart(weight, outputs, slope => Summed(slope * standardised().detach()));
        if (bias is { } shift)
        {
            AddPart(shift, outputs, Summed);
        }
    }

    /// <inheritdoc/>
    public void Observe(Embedding layer, Tensor tokens, Tensor outputs) => AddPart(layer.Weight, outputs, slope =>
    {
        var (batch, entries, size) = (tokens.shape[0], layout.Parameters[layer.Weight].Shape[0], outputs.shape[2]);
        var places = (tokens + (arange(batch, device: tokens.device).unsqueeze(1) * entries)).flatten();
        return zeros([batch * entries, size], device: slope.device).index_add_(0, places, slope.flatten(0, 1), 1).view(batch, entries * size);
    });

    /// <inheritdoc/>
    public void ObserveMatrix(int weight, int? bias, bool isInputsFirst, Tensor inputs, Tensor outputs)
    {
        Tensor Product(Tensor a, Tensor b) => a.transpose(1, 2).matmul(b).flatten(1);
        AddPart(weight, outputs, slope => isInputsFirst ? Product(inputs.detach(), slope) : Product(slope, inputs.detach()));
        if (bias is { } shift)
        {
            AddPart(shift, outputs, slope => slope.sum([1L]));
        }
    }

    /// <inheritdoc/>
    public void Observe(Linear layer, Tensor inputs, Tensor outputs) => Add(layer.Weight, layer.Bias, 0, 1, 0, inputs, outputs);

    /// <inheritdoc/>
    public void Observe(Conv2d layer, Tensor inputs, Tensor outputs)
        => Add(layer.Weight, layer.Bias, layout.Parameters[layer.Weight].Shape[2], layer.Stride, layer.Padding, inputs, outputs);

    private void AddPart(int parameter, Tensor outputs, Func<Tensor, Tensor> rows)
    {
        if (selection.Offset(parameter) is { } offset)
        {
            Parts.Add(new SeenPart(offset, layout.Parameters[parameter].Length, outputs, rows));
        }
    }

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
