using Bif.Engine.Sampling;

namespace Bif.Engine.Runs;

/// <summary>The settings that a run would use.</summary>
/// <param name="Settings">All numbers.</param>
/// <param name="Source">Where they come from, in words.</param>
/// <param name="Reasons">Each choice in words.</param>
/// <param name="SecondsPerDraw">Of one chain, as measured.</param>
/// <param name="SamplingSeconds">What the whole run's draws would take.</param>
/// <param name="Seconds">What calibrating took.</param>
public sealed record CalibrationReport(
    SamplerSettings Settings, string Source, IReadOnlyList<string> Reasons, double SecondsPerDraw, double SamplingSeconds, double Seconds);
