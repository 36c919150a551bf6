namespace Bif.Engine.Sampling;

/// <summary>
/// Independent draws from the Gaussian that a preconditioner describes, w = w* + Q·(nβ·Λ + γ)^(−1/2)·ξ: no gradient, no
/// burn-in, no autocorrelation. Exact where the loss is quadratic and the preconditioner holds its curvature; an
/// approximation of the localized posterior elsewhere, and labelled so. With a control variate draws come in antithetic
/// pairs w* ± δ: what a loss is beyond its first-order part is mostly even in δ, and its products with the first-order part
/// of another loss, the noise that the control variate leaves, cancel within a pair.
/// </summary>
[Sampler("laplace", Summary = "independent draws from a Gaussian approximation; forward passes only", Preconditioners = ["lowrank", "kfac", "diagonal", "none"])]
public sealed class LaplaceSampler(SamplerContext context) : ISampler
{
    /// <inheritdoc/>
    public IReadOnlyList<StateVector> StateVectors => [];

    /// <inheritdoc/>
    public bool UsesGradient => false;

    /// <inheritdoc/>
    public void Move(ChainState state)
    {
        var settings = context.Settings;
        var draw = Math.Max(0, state.Step - settings.BurnIn) / settings.Thin;
        context.Preconditioner.Draw(state, settings.Gamma, settings.FirstOrderControl ? draw / 2 : state.Step, settings.FirstOrderControl && draw % 2 == 1);
    }
}
