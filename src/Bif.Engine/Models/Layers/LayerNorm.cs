using static TorchSharp.torch;

namespace Bif.Engine.Models.Layers;

/// <summary>Normalises the last axis to mean 0 and variance 1, then scales and shifts.</summary>
public sealed record LayerNorm(int Weight, int Bias, double Epsilon)
{
    /// <summary>Applies the layer to [..., size].</summary>
    public Tensor Forward(Weights weights, Tensor inputs)
    {
        var outputs = nn.functional.layer_norm(inputs, [inputs.shape[^1]], weights.Parameter(Weight), weights.Parameter(Bias), Epsilon);
        weights.Observer?.ObserveScale(Weight, Bias, () => nn.functional.layer_norm(inputs, [inputs.shape[^1]], null, null, Epsilon), outputs, (int)outputs.dim() - 1);
        return outputs;
    }
}
