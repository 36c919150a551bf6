using Bif.Engine.Runs;

namespace Bif.Engine.Attribution;

/// <summary>What an estimate says beside its score files.</summary>
/// <param name="Diagnostics">The run's health.</param>
/// <param name="Verdict">The judgement of it.</param>
/// <param name="ScoringSeconds">Wall-clock time of the pass that writes the scores.</param>
/// <param name="DiagnosisSeconds">Wall-clock time of the diagnostics after it.</param>
/// <param name="WorkingBytes">Memory held for blocks of items and queries at the same time, over all threads.</param>
public sealed record AttributionResult(
    Diagnostics Diagnostics, VerdictRecord Verdict, double ScoringSeconds, double DiagnosisSeconds, long WorkingBytes);
