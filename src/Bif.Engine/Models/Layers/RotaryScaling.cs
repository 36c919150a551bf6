namespace Bif.Engine.Models.Layers;

/// <summary>
/// Slower rotary frequencies for contexts longer than those a model began with: all of them by a factor (<c>linear</c>), or only
/// the slow ones with a soft bound (<c>llama3</c>). Others, which depend on the text's length, are refused.
/// </summary>
internal sealed class RotaryScaling
{
    private readonly double _factor, _low, _high, _context;

    private RotaryScaling(double factor, double low, double high, double context)
        => (_factor, _low, _high, _context) = (factor, low, high, context);

    /// <summary>The scaling that a section of the configuration names; null where it names none.</summary>
    /// <exception cref="InputException">It is not known, or lacks a number.</exception>
    public static RotaryScaling? From(ModelConfig config, string field, ModelConfig section)
    {
        switch (section.Text("rope_type", section.Text("type", "default")))
        {
            case "default":
                return null;
            case "linear":
                return new(Positive(config, field, section, "factor"), 0, 0, 0);
            case "llama3":
                var (low, high) = (Positive(config, field, section, "low_freq_factor"), Positive(config, field, section, "high_freq_factor"));
                return high > low
                    ? new(Positive(config, field, section, "factor"), low, high, Positive(config, field, section, "original_max_position_embeddings"))
                    : throw config.Invalid(field, "has a high_freq_factor that is not above its low_freq_factor");
            case var type:
                throw config.Invalid(field, $"\"{type}\" is not supported: default, linear and llama3 are");
        }
    }

    /// <summary>The scaled frequency, radians per position.</summary>
    public float Apply(float frequency)
    {
        // Turns within the original context decide: many keep their speed, few are slowed, between them both are mixed.
        var turns = _context * frequency / (2 * Math.PI);
        var kept = _high == 0 ? 0 : Math.Clamp((turns - _low) / (_high - _low), 0, 1);
        return (float)(frequency * (kept + ((1 - kept) / _factor)));
    }

    private static double Positive(ModelConfig config, string field, ModelConfig section, string name)
        => section.Number(name, 0) is > 0 and var value ? value : throw config.Invalid(field, $"needs a positive {name}");
}
