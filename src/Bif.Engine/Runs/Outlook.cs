using Bif.Engine.Sampling;

namespace Bif.Engine.Runs;

/// <summary>
/// What it would take to reach a wanted split-half reliability of subset sums, by Spearman and Brown from the one reached:
/// k times the draws turn reliability ρ into kρ/(1 + (k−1)ρ).
/// </summary>
/// <param name="Reliability">Reached, 0 to 1.</param>
/// <param name="Wanted">Asked for.</param>
/// <param name="DrawsPerChain">Draws per chain that it takes; null where nothing can be told (no signal yet).</param>
/// <param name="Seconds">Time that the added draws need, with the control variate's first-order parts at them; null likewise.</param>
/// <param name="TraceBytes">Size of the traces then, those of first-order parts included.</param>
public sealed record Outlook(double Reliability, double Wanted, int? DrawsPerChain, double? Seconds, long? TraceBytes)
{
    // Below this the estimate of the reliability is noise itself.
    private const double Least = 0.02;

    /// <summary>Whether the wanted reliability is there.</summary>
    public bool IsReached => Reliability >= Wanted;

    /// <summary>Predicts.</summary>
    /// <param name="reliability">Of the run so far.</param>
    /// <param name="wanted">Between 0 and 1.</param>
    /// <param name="settings">Chains and draws so far.</param>
    /// <param name="drawsPerSecond">Of all chains together.</param>
    /// <param name="items">Training items and queries.</param>
    /// <param name="controlSeconds">What the first-order parts at the draws so far took; 0 without a control variate.</param>
    public static Outlook Of(double reliability, double wanted, SamplerSettings settings, double drawsPerSecond, int items, double controlSeconds = 0)
    {
        if (!(reliability >= Least) || reliability >= 1)
        {
            return new(reliability, wanted, null, null, null);
        }

        var factor = Math.Max(1, wanted * (1 - reliability) / (reliability * (1 - wanted)));
        var draws = (int)Math.Min(int.MaxValue / 2, Math.Ceiling((settings.Draws * factor) - 1e-6));
        var more = (draws - settings.Draws) * (double)settings.Chains;
        var control = controlSeconds * (draws - settings.Draws) / Math.Max(1, settings.Draws);
        var bytes = (long)draws * settings.Chains * items * sizeof(float) * (settings.FirstOrderControl ? 2 : 1);
        return new(reliability, wanted, draws, drawsPerSecond > 0 ? (more / drawsPerSecond) + control : null, bytes);
    }

    /// <summary>Draws per chain to try next: what is predicted with a tenth more, at most four times as many, at least a quarter more.</summary>
    public int Next(int draws, int most)
    {
        var wanted = DrawsPerChain is { } predicted ? predicted * 1.1 : 4.0 * draws;
        return (int)Math.Min(most, Math.Clamp(wanted, 1.25 * draws, 4.0 * draws));
    }
}
