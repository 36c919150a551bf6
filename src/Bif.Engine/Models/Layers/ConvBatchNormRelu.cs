using static TorchSharp.torch;

namespace Bif.Engine.Models.Layers;

/// <summary>Convolution without bias, batch normalisation, ReLU.</summary>
public sealed record ConvBatchNormRelu(Conv2d Convolution, BatchNorm2d Norm)
{
    /// <summary>Applies the three.</summary>
    public Tensor Forward(Weights weights, Tensor inputs)
        => nn.functional.relu(Norm.Forward(weights, Convolution.Forward(weights, inputs)));
}
