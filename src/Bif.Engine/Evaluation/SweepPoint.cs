using System.Text.Json.Serialization;
using Bif.Engine.Sampling;

namespace Bif.Engine.Evaluation;

/// <summary>One setting of a sweep, as factors of the calibrated one.</summary>
/// <param name="Damping">Multiplies γ/nβ at the same nβ.</param>
/// <param name="Temperature">Divides nβ and γ, so that the damping stays.</param>
/// <param name="Step">Multiplies ε or h; independent draws have none.</param>
/// <param name="Chains">Whether chains draw from the posterior itself, at the target of laplace's independent draws.</param>
public sealed record SweepPoint(double Damping, double Temperature, double Step, bool Chains = false)
{
    /// <summary>The calibrated setting itself.</summary>
    public static SweepPoint Center { get; } = new(1, 1, 1);

    /// <summary>Chains at the calibrated target of independent draws.</summary>
    public static SweepPoint Posterior { get; } = Center with { Chains = true };

    /// <summary>Whether it is one of damping and temperature, with nothing else changed.</summary>
    [JsonIgnore]
    public bool IsTarget => Step == 1 && !Chains;

    /// <summary>The name of its run's folder.</summary>
    public string Name => FormattableString.Invariant($"damping-{Damping:G3}_temperature-{Temperature:G3}_step-{Step:G3}{(Chains ? "_chains" : "")}");

    /// <summary>All dampings with all temperatures at the calibrated step, and the other steps at the centre.</summary>
    public static IReadOnlyList<SweepPoint> Grid(double[] dampings, double[] temperatures, double[] steps) =>
    [
        .. new[] { Center }
            .Concat(from damping in dampings from temperature in temperatures select new SweepPoint(damping, temperature, 1))
            .Concat(steps.Select(step => new SweepPoint(1, 1, step)))
            .Distinct(),
    ];

    /// <summary>The setting that it stands for.</summary>
    public (double Nbeta, double Gamma, double Epsilon) Of(SamplerSettings calibrated)
        => (calibrated.Nbeta / Temperature, calibrated.Gamma * Damping / Temperature, calibrated.Epsilon * Step);
}

/// <summary>What a sweep found at a point.</summary>
/// <param name="Point">The point.</param>
/// <param name="Nbeta">nβ.</param>
/// <param name="Gamma">γ.</param>
/// <param name="Epsilon">ε or h.</param>
/// <param name="Draws">Draws per chain that it got.</param>
/// <param name="Verdict">The run's verdict; refused where it could not begin.</param>
/// <param name="Reliability">Split-half reliability of subset sums, or null where it cannot be told.</param>
/// <param name="TopOverlap">Share of the ten best that two halves of the run agree on.</param>
/// <param name="GradSim">Agreement with gradient cosines; near 1 means over-localized.</param>
/// <param name="Agreement">Correlation of the scores with the calibrated run's, median over queries.</param>
/// <param name="AgreementCorrected">The same with both runs' noise taken out, agreement/√(ρ·ρ'): below 1 by more than its error is bias or another target.</param>
public sealed record SweepResult(
    SweepPoint Point, double Nbeta, double Gamma, double Epsilon, int Draws, string Verdict, double? Reliability, double? TopOverlap,
    double? GradSim, double? Agreement, double? AgreementCorrected);
