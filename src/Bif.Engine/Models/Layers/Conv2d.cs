using static TorchSharp.torch;

namespace Bif.Engine.Models.Layers;

/// <summary>2-d convolution with a square kernel.</summary>
/// <param name="Weight">Index of the weight [outputs, inputs, kernel, kernel].</param>
/// <param name="Bias">Index of the bias [outputs], or null.</param>
/// <param name="Stride">Stride of both axes.</param>
/// <param name="Padding">Zero padding on all sides.</param>
public sealed record Conv2d(int Weight, int? Bias, long Stride, long Padding)
{
    /// <summary>Applies the layer to [batch, inputs, height, width].</summary>
    public Tensor Forward(Weights weights, Tensor inputs)
    {
        var outputs = nn.functional.conv2d(
            weights.Factor(inputs),
            weights.Factor(Weight),
            Bias is { } bias ? weights.Factor(bias) : null,
            [Stride, Stride],
            [Padding, Padding]);
        weights.Observer?.Observe(this, inputs, outputs);
        return outputs;
    }
}
