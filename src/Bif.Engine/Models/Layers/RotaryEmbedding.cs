using static TorchSharp.torch;

namespace Bif.Engine.Models.Layers;

/// <summary>
/// Rotary position embedding (arXiv 2104.09864) in the layout of Hugging Face: dimension j of the first half turns with
/// dimension j of the second; what lies beyond <c>rotated</c> dimensions is left as it is.
/// </summary>
/// <param name="Rotated">Dimensions of a head that turn; even.</param>
/// <param name="Base">θ, the base of the wavelengths.</param>
public sealed record RotaryEmbedding(int Rotated, double Base)
{
    /// <summary>Reads θ, and refuses scaled variants by name.</summary>
    /// <exception cref="InputException">The configuration asks for a scaling that is not supported.</exception>
    public static RotaryEmbedding From(ModelConfig config, int rotated, string baseField)
    {
        foreach (var field in new[] { "rope_scaling", "rope_parameters" })
        {
            if (config.Section(field) is { } scaling && scaling.Text("rope_type", scaling.Text("type", "default")) is var type and not "default")
            {
                throw config.Invalid(field, $"\"{type}\" is not supported: only unscaled rotary embeddings are");
            }
        }

        var theta = config.Section("rope_parameters")?.Number("rope_theta", 10000) ?? 10000;
        return rotated > 0 && rotated % 2 == 0
            ? new RotaryEmbedding(rotated, config.Number(baseField, theta))
            : throw config.Invalid("the rotary fraction", $"gives {rotated} rotated dimensions per head, which must be even and positive");
    }

    /// <summary>Cosines and sines [length, rotated / 2] of positions 0 to length − 1.</summary>
    public (Tensor Cos, Tensor Sin) Angles(long length, Device device)
    {
        var exponents = arange(0, Rotated, 2, float32, device) / Rotated;
        var frequencies = (exponents * -Math.Log(Base)).exp();
        var angles = arange(length, float32, device).unsqueeze(1) * frequencies;
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
