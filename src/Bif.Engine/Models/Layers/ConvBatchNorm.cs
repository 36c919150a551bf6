using static TorchSharp.torch;

namespace Bif.Engine.Models.Layers;

/// <summary>
/// A convolution and the batch normalisation after it. Where only losses are wanted the two are one convolution,
/// W' = s·W and b' = s·(b − mean) + shift with s = weight/√(variance + ε), formed once per position of the weights.
/// </summary>
public record ConvBatchNorm(Conv2d Convolution, BatchNorm2d Norm)
{
    /// <summary>Applies both to [batch, channels, height, width].</summary>
    public virtual Tensor Forward(Weights weights, Tensor inputs)
        => weights.Folded is { } folded ? Apply(folded.Of(this, weights), inputs) : Norm.Forward(weights, Convolution.Forward(weights, inputs));

    /// <summary>ReLU of the sum of a layer's outputs and a shortcut; in place where no gradient will ask for them.</summary>
    public static Tensor AddRelu(Weights weights, Tensor outputs, Tensor shortcut)
        => weights.Folded is null ? nn.functional.relu(outputs + shortcut) : outputs.add_(shortcut).relu_();

    /// <summary>The one convolution: weight [outputs, inputs, kernel, kernel] and bias [outputs], in the caller's scope.</summary>
    internal (Tensor Weight, Tensor Bias) Fold(Weights weights)
    {
        var scale = weights.Parameter(Norm.Weight) * (weights.Buffer(Norm.Variance) + Norm.Epsilon).rsqrt();
        var centre = Convolution.Bias is { } bias ? weights.Parameter(bias) - weights.Buffer(Norm.Mean) : -weights.Buffer(Norm.Mean);
        return (weights.Parameter(Convolution.Weight) * scale.view(-1, 1, 1, 1), (centre * scale) + weights.Parameter(Norm.Bias));
    }

    private Tensor Apply((Tensor Weight, Tensor Bias) folded, Tensor inputs) => nn.functional.conv2d(
        inputs,
        folded.Weight,
        folded.Bias,
        [Convolution.Stride, Convolution.Stride],
        [Convolution.Padding, Convolution.Padding]);
}
