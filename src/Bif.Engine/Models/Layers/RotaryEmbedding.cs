using Bif.Engine.Data;
using static TorchSharp.torch;

namespace Bif.Engine.Models.Layers;

/// <summary>
/// Rotary position embedding (arXiv 2104.09864) in the layout of Hugging Face: dimension j of the first half turns with
/// dimension j of the second; what lies beyond the rotated dimensions is left as it is.
/// </summary>
public sealed class RotaryEmbedding
{
    private readonly float[] _frequencies;

    private RotaryEmbedding(float[] frequencies) => _frequencies = frequencies;

    /// <summary>Dimensions of a head that turn; even.</summary>
    public int Rotated => 2 * _frequencies.Length;

    /// <summary>Reads θ and the scaling of the frequencies, and refuses scalings that are not known by name.</summary>
    /// <param name="config">The configuration; θ and the scaling stand in it, in <c>rope_scaling</c> or in <c>rope_parameters</c>.</param>
    /// <param name="rotated">Dimensions of a head that turn.</param>
    /// <param name="baseField">Where the family writes θ.</param>
    /// <exception cref="InputException">The configuration asks for what is not supported.</exception>
    public static RotaryEmbedding From(ModelConfig config, int rotated, string baseField)
    {
        if (rotated <= 0 || rotated % 2 != 0)
        {
            throw config.Invalid("the rotary fraction", $"gives {rotated} rotated dimensions per head, which must be even and positive");
        }

        var inner = config.Section("rope_parameters")?.Number("rope_theta", 10000) ?? 10000;
        var theta = config.Number(baseField, config.Number("rope_theta", inner));
        var frequencies = new float[rotated / 2];
        for (var index = 0; index < frequencies.Length; index++)
        {
            frequencies[index] = (float)Math.Pow(theta, -2.0 * index / rotated);
        }

        foreach (var field in new[] { "rope_scaling", "rope_parameters" })
        {
            if (config.Section(field) is { } section && RotaryScaling.From(config, field, section) is { } scaling)
            {
                return new([.. frequencies.Select(scaling.Apply)]);
            }
        }

        return new(frequencies);
    }

    /// <summary>Cosines and sines [length, rotated / 2] of positions 0 to length − 1.</summary>
    public (Tensor Cos, Tensor Sin) Angles(long length, Device device)
    {
        var angles = arange(length, float32, device).unsqueeze(1) * tensor(_frequencies).On(device);
        return (angles.cos(), angles.sin());
    }

    /// <summary>Turns queries or keys [batch, heads, length, size].</summary>
    public Tensor Apply(Tensor x, (Tensor Cos, Tensor Sin) angles)
    {
        var half = Rotated / 2;
        var first = x.narrow(3, 0, half);
        var second = x.narrow(3, half, half);
        var turned = (first * angles.Cos) - (second * angles.Sin);
        var other = (second * angles.Cos) + (first * angles.Sin);
        return x.shape[3] == Rotated ? cat([turned, other], 3) : cat([turned, other, x.narrow(3, Rotated, x.shape[3] - Rotated)], 3);
    }
}
