using Bif.Engine.Curvature;
using Bif.Engine.Sampling;
using Bif.Engine.Sampling.Preconditioners;

namespace Bif.Engine.Runs;

/// <summary>Everything that a run decided before its first step.</summary>
/// <param name="Settings">The sampler's numbers.</param>
/// <param name="Source">Where they come from, in words.</param>
/// <param name="Reasons">Each choice in words; empty where all was given.</param>
/// <param name="Plan">How the work is laid on the machine, draws per block left open.</param>
/// <param name="SecondsPerDraw">What a draw of one chain is expected to take.</param>
/// <param name="Curvature">The curvature behind the chains' coordinates, or null.</param>
/// <param name="Preconditioner">The chains' coordinates.</param>
internal sealed record SettingsChoice(
    SamplerSettings Settings,
    string Source,
    IReadOnlyList<string> Reasons,
    ExecutionPlan Plan,
    double SecondsPerDraw,
    CurvatureEstimate? Curvature,
    Preconditioner Preconditioner)
{
    /// <summary>The temperature that mini-batches add, over the chains' own; null for full batches.</summary>
    public double? AddedTemperature { get; init; }
}
