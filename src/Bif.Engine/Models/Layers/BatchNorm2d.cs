using static TorchSharp.torch;

namespace Bif.Engine.Models.Layers;

/// <summary>
/// Batch normalisation. While sampling and while losses are evaluated the running statistics are frozen; only training
/// normalises by the batch and updates them.
/// </summary>
public sealed record BatchNorm2d(int Weight, int Bias, int Mean, int Variance, double Epsilon, double Momentum)
{
    /// <summary>Applies the layer to [batch, channels, height, width].</summary>
    public Tensor Forward(Weights weights, Tensor inputs)
    {
        var outputs = nn.functional.batch_norm(
            inputs,
            weights.Buffer(Mean),
            weights.Buffer(Variance),
            weights.Parameter(Weight),
            weights.Parameter(Bias),
            weights.Training,
            Momentum,
            Epsilon);
        weights.Observer?.ObserveScale(
            Weight, Bias, () => (inputs - weights.Buffer(Mean).view(1, -1, 1, 1)) * (weights.Buffer(Variance) + Epsilon).rsqrt().view(1, -1, 1, 1), outputs, 1);
        return outputs;
    }
}
