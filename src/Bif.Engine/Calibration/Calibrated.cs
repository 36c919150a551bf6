namespace Bif.Engine.Calibration;

/// <summary>What calibration found for a target and a sampler, and why.</summary>
/// <param name="Nbeta">nβ.</param>
/// <param name="Gamma">γ.</param>
/// <param name="Step">The time step h of underdamped dynamics in whitened coordinates; 1 for independent draws.</param>
/// <param name="Centered">Whether the checkpoint's gradient is to be subtracted.</param>
/// <param name="EffectiveDimension">d_eff = Σ λ/(λ + γ/nβ).</param>
/// <param name="Reasons">Each choice in words and numbers.</param>
public sealed record Calibrated(
    double Nbeta, double Gamma, double Step, bool Centered, double EffectiveDimension, IReadOnlyList<string> Reasons);

/// <summary>What the person fixed; calibration fills the rest.</summary>
/// <param name="Nbeta">nβ, or null.</param>
/// <param name="Gamma">γ, or null.</param>
/// <param name="Step">h, or null.</param>
/// <param name="Centered">Centring asked for.</param>
/// <param name="LossRise">By what share of itself the mean loss is to rise: the temperature; null for the usual 0.03.</param>
public sealed record CalibrationConstraints(double? Nbeta, double? Gamma, double? Step, bool Centered, double? LossRise = null)
{
    /// <summary>Whether nothing is left to choose.</summary>
    public bool IsComplete => Nbeta is not null && Gamma is not null && Step is not null;
}
