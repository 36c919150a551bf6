using static TorchSharp.torch;

namespace Bif.Engine.Models.Layers;

/// <summary>
/// A convolution and the batch normalisation after it. With the running statistics frozen the two are one convolution,
/// W' = s·W and b' = s·(b − mean) + shift with s = weight/√(variance + ε): formed once per position of the weights where only
/// losses are wanted, else once per pass, within its graph. Training and observers see the two layers.
/// </summary>
public record ConvBatchNorm(Conv2d Convolution, BatchNorm2d Norm)
{
    /// <summary>Applies both to [batch, channels, height, width].</summary>
    public virtual Tensor Forward(Weights weights, Tensor inputs)
        => weights.Folded is { } folded ? Apply(folded.Of(this, weights), weights.Factor(inputs))
            : IsOne(weights) ? Apply(Fold(weights), weights.Factor(inputs))
            : Norm.Forward(weights, Convolution.Forward(weights, inputs));

    /// <summary>ReLU of the sum of a layer's outputs and a shortcut, in the outputs' place where they are a convolution's alone.</summary>
    public static Tensor AddRelu(Weights weights, Tensor outputs, Tensor shortcut)
        => IsOne(weights) ? outputs.add_(shortcut).relu_() : nn.functional.relu(outputs + shortcut);

    /// <summary>Whether the two layers are one convolution, whose outputs its gradient does not ask for.</summary>
    protected static bool IsOne(Weights weights) => !weights.Training && weights.Observer is null;

    /// <summary>The one convolution: weight [outputs, inputs, kernel, kernel] and bias [outputs], in the weights' precision and the caller's scope.</summary>
    internal (Tensor Weight, Tensor Bias) Fold(Weights weights)
    {
        var scale = weights.Parameter(Norm.Weight) * (weights.Buffer(Norm.Variance) + Norm.Epsilon).rsqrt();
        var centre = Convolution.Bias is { } bias ? weights.Parameter(bias) - weights.Buffer(Norm.Mean) : -weights.Buffer(Norm.Mean);
        return (weights.Factor(weights.Parameter(Convolution.Weight) * scale.view(-1, 1, 1, 1)), weights.Factor((centre * scale) + weights.Parameter(Norm.Bias)));
    }

    private Tensor Apply((Tensor Weight, Tensor Bias) folded, Tensor inputs) => nn.functional.conv2d(
        inputs,
        folded.Weight,
        folded.Bias,
        [Convolution.Stride, Convolution.Stride],
        [Convolution.Padding, Convolution.Padding]);
}
