using Bif.Kernels;

namespace Bif.Engine.Sampling;

/// <summary>
/// Underdamped Langevin dynamics by the BAOAB splitting (Leimkuhler and Matthews 2013), at unit mass in the fixed
/// coordinates of a preconditioner: the target stays the localized posterior whatever the coordinates are. One gradient
/// per step.
/// </summary>
[Sampler("baoab", Summary = "underdamped Langevin dynamics in preconditioned coordinates", Preconditioners = ["kfac", "diagonal", "lowrank", "none"])]
public sealed class BaoabSampler(SamplerContext context) : ISampler
{
    private const string Velocity = "velocity";
    private const string Coordinates = "coordinates";

    /// <inheritdoc/>
    public IReadOnlyList<StateVector> StateVectors
        => context.Preconditioner.HasCoordinates ? [new(Velocity, 0), new(Coordinates, 0)] : [new(Velocity, 0)];

    /// <inheritdoc/>
    public void Begin(ChainState state)
    {
        LangevinStep.Normals(state.Vectors[Velocity], state.Seed, (uint)state.Chain, PhiloxPurpose.Velocity, 0);
        if (context.Settings.Start != "laplace")
        {
            return;
        }

        if (context.Preconditioner.HasCoordinates)
        {
            context.Preconditioner.Draw(state, context.Settings.Gamma, state.Vectors[Coordinates], state.Step);
        }
        else
        {
            context.Preconditioner.Draw(state, context.Settings.Gamma, state.Step, mirrored: false);
        }
    }

    /// <inheritdoc/>
    public void Move(ChainState state)
    {
        var (settings, preconditioner) = (context.Settings, context.Preconditioner);
        if (!preconditioner.HasCoordinates)
        {
            Step(state, state.Position, state.Center, settings.Nbeta, settings.Gamma);
            return;
        }

        var coordinates = state.Vectors[Coordinates];
        var (nbeta, gamma) = preconditioner.PullBack(state.Gradient, coordinates, settings.Nbeta, settings.Gamma);
        Step(state, coordinates, null, nbeta, gamma);
        preconditioner.ToWeights(coordinates, state.Center, state.Position);
    }

    private void Step(ChainState state, TorchSharp.torch.Tensor position, TorchSharp.torch.Tensor? center, double nbeta, double gamma)
        => LangevinStep.Baoab(
            position,
            state.Vectors[Velocity],
            state.Gradient,
            center,
            context.Preconditioner.Scale,
            context.Settings.Epsilon,
            context.Settings.Friction,
            nbeta,
            gamma,
            state.Seed,
            (uint)state.Chain,
            (ulong)state.Step,
            clearGradient: true);
}
