using Bif.Kernels;

namespace Bif.Engine.Sampling;

/// <summary>
/// Stochastic gradient Langevin dynamics, METHOD section 2:
/// w ← w − (ε/2)·[nβ·∇L_B(w) + γ·(w − w*)] + N(0, ε·I). Welling and Teh 2011; arXiv 2509.26544.
/// Stable in a direction of posterior precision k iff ε·k &lt; 4.
/// </summary>
[Sampler("sgld", Summary = "plain stochastic gradient Langevin dynamics, as published")]
public sealed class SgldSampler(SamplerContext context) : ISampler
{
    /// <inheritdoc/>
    public IReadOnlyList<StateVector> StateVectors => [];

    /// <inheritdoc/>
    public void Move(ChainState state)
    {
        var settings = context.Settings;
        LangevinStep.Sgld(
            state.Position,
            state.Gradient,
            state.Center,
            settings.Epsilon,
            settings.Nbeta,
            settings.Gamma,
            state.Seed,
            (uint)state.Chain,
            (ulong)state.Step,
            clearGradient: true);
    }
}
