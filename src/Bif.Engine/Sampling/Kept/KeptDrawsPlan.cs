using System.Text.Json.Serialization;

namespace Bif.Engine.Sampling.Kept;

/// <summary>Which draws of a run stay on disk as weights, and how precisely: what a budget of bytes allows.</summary>
/// <param name="Every">Every how many draws of a chain one is kept; 1 for all.</param>
/// <param name="Precision">float32 or float16, of the deviation from w*.</param>
/// <param name="Scale">What the deviations are multiplied by before they are rounded: a power of two.</param>
/// <param name="Bytes">What the kept draws take, headers aside.</param>
public sealed record KeptDrawsPlan(int Every, string Precision, double Scale, long Bytes)
{
    private const int HalfBytes = 2;

    /// <summary>Whether draws come back as they were but for rounding in float32.</summary>
    [JsonIgnore]
    public bool IsLossless => Every == 1 && Precision == "float32";

    /// <summary>Chooses: all draws in float32 if they fit, else in float16, else as many as fit in float16.</summary>
    /// <param name="budget">Bytes at most.</param>
    /// <param name="parameters">P, sampled parameters.</param>
    /// <param name="settings">Chains, draws and γ of the run.</param>
    /// <returns>Null where not even two draws per chain fit.</returns>
    public static KeptDrawsPlan? Choose(long budget, long parameters, SamplerSettings settings)
    {
        // Deviations are of the order of 1/√γ: scaled to about 1 they stay clear of float16's smallest numbers.
        var scale = settings.Gamma > 0 ? Math.Pow(2, Math.Round(Math.Log2(settings.Gamma) / 2)) : 1;
        return new KeptDrawsPlan(1, "float32", scale, 0).For(budget, parameters, settings);
    }

    /// <summary>What the same budget allows a run with more draws: this plan where that still fits, else one in more of the draws that it keeps.</summary>
    /// <param name="budget">Bytes at most.</param>
    /// <param name="parameters">P, sampled parameters.</param>
    /// <param name="settings">Chains and draws of the run, as they will be.</param>
    /// <returns>Null where not even two draws per chain fit.</returns>
    public KeptDrawsPlan? For(long budget, long parameters, SamplerSettings settings)
    {
        // Of all chains, by draw.
        var (values, present) = ((double)settings.Chains * parameters, settings.Draws / Every);
        if (Precision == "float32" && present * values * sizeof(float) <= budget)
        {
            return this with { Bytes = (long)(present * values) * sizeof(float) };
        }

        // The smallest thinning with which so many are left.
        var most = (int)Math.Min(budget / (values * HalfBytes), int.MaxValue - 1);
        var every = Every * ((present / (most + 1)) + 1);
        var kept = settings.Draws / every;
        return kept < 2 ? null : this with { Every = every, Precision = "float16", Bytes = (long)(kept * values) * HalfBytes };
    }

    /// <summary>What is kept and what was given up, in words.</summary>
    public string Describe() => Every == 1
        ? $"keeping every draw in {Precision} ({Bytes / 1048576.0:N0} MiB)"
        : $"keeping one draw in {Every} in {Precision} ({Bytes / 1048576.0:N0} MiB): a later query sees 1/{Every} of the draws";

    /// <summary>Whether a draw (from 0) is kept.</summary>
    public bool Keeps(int draw) => (draw + 1) % Every == 0;

    /// <summary>How many of the first draws are kept.</summary>
    public int CountBefore(int draw) => draw / Every;
}
