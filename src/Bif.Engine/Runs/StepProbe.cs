using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Sampling;
using Bif.Engine.Sampling.Preconditioners;
using Bif.Kernels;
using static TorchSharp.torch;

namespace Bif.Engine.Runs;

/// <summary>
/// The steepest curvature of the mean loss that a chain will meet near w*, by power iteration on differences of gradients
/// one thermal unit (γ^(-1/2)) away from the checkpoint: at the checkpoint itself an interpolating network looks flat.
/// </summary>
internal static class StepProbe
{
    private const int Iterations = 8;

    /// <summary>Items that decide about a step.</summary>
    public const int ManyItems = 256;

    /// <summary>Items that are enough for a remark.</summary>
    public const int FewItems = 64;

    /// <summary>The curvature λ, per unit of nβ, of the mean loss of some items, and its direction [P], which belongs to the caller's scope.</summary>
    public static (double Curvature, Tensor Direction) Steepest(Model model, ParameterSelection selection, Tensor center, DataFeed feed, double gamma, int pieceSize, ulong seed, int items)
    {
        using var scope = NewDisposeScope();
        var settings = new SamplerSettings("sgld", 0, 0, 0, Math.Min(items, feed.Count), 1, 1, 0, 1, seed);
        using var state = new ChainState(0, seed, center, SamplerCatalog.Create(settings, new NoPreconditioner()));
        using var weights = model.Bind(selection, state.Position, state.Gradient);
        using var force = new LossGradient(model, weights, feed, settings.Batch, pieceSize);
        var direction = zeros_like(center);
        LangevinStep.Normals(direction, seed, 0, PhiloxPurpose.Diagnostics, 0);
        force.AddTo(state);
        var atCenter = state.Gradient.clone();
        var amplitude = 1 / Math.Sqrt(gamma > 0 ? gamma : 1e4);
        var largest = 0.0;
        for (var iteration = 0; iteration < Iterations; iteration++)
        {
            using var inner = NewDisposeScope();
            using var noGradient = no_grad();
            direction.mul_(amplitude / Math.Max(direction.norm().item<float>(), 1e-30));
            state.Position.copy_(center).add_(direction);
            state.Gradient.zero_();
            using (enable_grad())
            {
                force.AddTo(state);
            }

            direction.copy_(state.Gradient).sub_(atCenter);
            var curvature = direction.norm().item<float>() / amplitude;
            if (!double.IsFinite(curvature) || curvature == 0)
            {
                break;
            }

            largest = Math.Max(largest, curvature);
        }

        return (largest, direction.MoveToOuterDisposeScope());
    }
}
