using static TorchSharp.torch;

namespace Bif.Engine.Models.Layers;

/// <summary>Normalises the last axis to mean 0 and variance 1, then scales and shifts.</summary>
public sealed record LayerNorm(int Weight, int Bias, double Epsilon)
{
    /// <summary>Applies the layer to [..., size].</summary>
    public Tensor Forward(Weights weights, Tensor inputs)
        => nn.functional.layer_norm(inputs, [inputs.shape[^1]], weights.Parameter(Weight), weights.Parameter(Bias), Epsilon);
}
