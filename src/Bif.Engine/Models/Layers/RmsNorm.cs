using static TorchSharp.torch;

namespace Bif.Engine.Models.Layers;

/// <summary>Divides the last axis by its root mean square, then scales (arXiv 1910.07467).</summary>
public sealed record RmsNorm(int Weight, double Epsilon)
{
    /// <summary>Applies the layer to [..., size].</summary>
    public Tensor Forward(Weights weights, Tensor inputs)
    {
        var standardised = inputs * (inputs.square().mean([-1L], true) + Epsilon).rsqrt();
        var outputs = standardised * weights.Parameter(Weight);
        weights.Observer?.ObserveScale(Weight, null, () => standardised, outputs, (int)outputs.dim() - 1);
        return outputs;
    }
}
