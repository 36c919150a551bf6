using static TorchSharp.torch;

namespace Bif.Engine.Models.Layers;

/// <summary>y = x·Wᵀ + b.</summary>
/// <param name="Weight">Index of the weight [outputs, inputs].</param>
/// <param name="Bias">Index of the bias [outputs], or null.</param>
public sealed record Linear(int Weight, int? Bias)
{
    /// <summary>Applies the layer to [batch, inputs].</summary>
    public Tensor Forward(Weights weights, Tensor inputs)
    {
        var outputs = nn.functional.linear(weights.Factor(inputs), weights.Factor(Weight), Bias is { } bias ? weights.Factor(bias) : null);
        weights.Observer?.Observe(this, inputs, outputs);
        return outputs;
    }
}
