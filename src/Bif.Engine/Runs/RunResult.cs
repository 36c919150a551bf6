namespace Bif.Engine.Runs;

/// <summary>How a run ended.</summary>
/// <param name="Directory">The run directory.</param>
/// <param name="Completed">False when the run was interrupted (finished its block and can be resumed).</param>
/// <param name="Verdict">The verdict's name ("good", "still-drifting", …), or null when interrupted.</param>
/// <param name="Reason">The verdict's reason in words.</param>
/// <param name="ElapsedSeconds">Wall-clock time of this process's part.</param>
/// <param name="DrawsPerSecond">Draws per second over all chains while sampling.</param>
/// <param name="PeakBytes">Peak resident size of the process.</param>
/// <param name="Outlook">What a wanted reliability would take, or null when interrupted.</param>
/// <param name="EffectiveDraws">Independent draws that the scores are as good as; null where that is not known.</param>
/// <param name="NoiseConstant">T0, the effective draws at which half of a subset sum's variance is noise, of the run's own draws where it has a control variate; null likewise.</param>
/// <param name="IsControlled">Whether the noise of first-order parts was taken out of the scores.</param>
public sealed record RunResult(
    string Directory,
    bool Completed,
    string? Verdict,
    string? Reason,
    double ElapsedSeconds,
    double DrawsPerSecond,
    long PeakBytes,
    Outlook? Outlook,
    double? EffectiveDraws,
    double? NoiseConstant,
    bool IsControlled);
