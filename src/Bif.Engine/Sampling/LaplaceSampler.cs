namespace Bif.Engine.Sampling;

/// <summary>
/// Independent draws from the Gaussian that a preconditioner describes, w = w* + Q·(nβ·Λ + γ)^(−1/2)·ξ: no gradient, no
/// burn-in, no autocorrelation. Exact where the loss is quadratic and the preconditioner holds its curvature; an
/// approximation of the localized posterior elsewhere, and labelled so.
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
        => context.Preconditioner.Draw(state, context.Settings.Gamma);
}
