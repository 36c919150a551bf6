using Bif.Kernels;

namespace Bif.Engine.Sampling;

/// <summary>
/// SGLD preconditioned by a running second moment of the gradient, as the BIF group publishes it (METHOD section 2); the
/// gradient in the moment is not multiplied by nβ. Its preconditioner moves with the chain and the correction term is
/// left out, so that its target is only approximately the localized posterior. Offered for comparison.
/// </summary>
[Sampler("rmsprop", Summary = "SGLD scaled by a running second moment of the gradient, as published")]
public sealed class RmspropSampler(SamplerContext context) : ISampler
{
    private const string SecondMoment = "second_moment";

    /// <inheritdoc/>
    public IReadOnlyList<StateVector> StateVectors => [new(SecondMoment, context.Settings.BiasCorrection ? 1f : 0f)];

    /// <inheritdoc/>
    public void Move(ChainState state)
    {
        var settings = context.Settings;
        LangevinStep.Rmsprop(
            state.Position,
            state.Gradient,
            state.Center,
            state.Vectors[SecondMoment],
            settings.Epsilon,
            settings.Nbeta,
            settings.Gamma,
            settings.Decay,
            settings.Stabilizer,
            settings.BiasCorrection,
            state.Seed,
            (uint)state.Chain,
            (ulong)state.Step,
            clearGradient: true);
    }
}
