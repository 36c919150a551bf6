using static TorchSharp.torch;

namespace Bif.Engine.Models.Layers;

/// <summary>Convolution, batch normalisation, ReLU.</summary>
public sealed record ConvBatchNormRelu(Conv2d Convolution, BatchNorm2d Norm) : ConvBatchNorm(Convolution, Norm)
{
    /// <inheritdoc/>
    public override Tensor Forward(Weights weights, Tensor inputs)
    {
        var outputs = base.Forward(weights, inputs);
        return IsOne(weights) ? outputs.relu_() : nn.functional.relu(outputs);
    }
}
