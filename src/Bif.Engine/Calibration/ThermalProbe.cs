using Bif.Engine.Curvature;
using Bif.Engine.Models;
using Bif.Engine.Sampling;
using Bif.Engine.Sampling.Preconditioners;
using Bif.Kernels;
using static TorchSharp.torch;

namespace Bif.Engine.Calibration;

/// <summary>
/// Looks at the posterior one thermal unit away from w*, where an interpolating network is steeper than at the checkpoint
/// itself: steepest curvature, shift of the mode, and a short chain. Works on the curvature's items.
/// </summary>
internal sealed class ThermalProbe : IDisposable
{
    private const int PowerIterations = 12;
    private const int PilotBurnIn = 30;
    private const int PilotSteps = 30;
    private const int PilotDraws = 3;
    private readonly CurvatureSource _source;
    private readonly Tensor _atCheckpoint;
    private readonly double _lossAtCheckpoint;

    public ThermalProbe(CurvatureSource source)
    {
        _source = source;
        (_atCheckpoint, _lossAtCheckpoint) = Gradient(source.Center);
        _atCheckpoint.DetachFromDisposeScope();
    }

    /// <summary>The energy, in units of kT, by which the gradient at w* displaces the mode: ½·|s·Qᵀ·nβ·∇L(w*)|².</summary>
    public double ModeShift(Preconditioner coordinates, double nbeta, double gamma)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var force = Whitened(coordinates, _atCheckpoint.clone(), zeros_like(_source.Center), nbeta, gamma);
        var length = force.norm().item<float>();
        return 0.5 * length * length;
    }

    /// <summary>The largest curvature in whitened coordinates, by power iteration on differences of forces one unit apart.</summary>
    public double Steepest(Preconditioner coordinates, double nbeta, double gamma)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var atZero = Whitened(coordinates, _atCheckpoint.clone(), zeros_like(_source.Center), nbeta, gamma);
        var direction = empty_like(_source.Center);
        LangevinStep.Normals(direction, _source.Seed, uint.MaxValue - 1, PhiloxPurpose.Curvature, 0);
        var largest = 1.0;
        for (var iteration = 0; iteration < PowerIterations; iteration++)
        {
            using var inner = NewDisposeScope();
            direction.div_(direction.norm());
            var x = coordinates.Scale is { } scale ? direction * scale : direction.clone();
            var weights = empty_like(x);
            coordinates.ToWeights(x, _source.Center, weights);
            var (gradient, _) = Gradient(weights);
            var force = Whitened(coordinates, gradient, x, nbeta, gamma).sub_(atZero);
            var curvature = force.norm().item<float>();
            if (!float.IsFinite(curvature) || curvature == 0)
            {
                break;
            }

            largest = Math.Max(largest, curvature);
            direction.copy_(force);
        }

        return largest;
    }

    /// <summary>Mean rise of the loss (nats) over a short chain, or over a few independent draws; NaN if it diverges.</summary>
    public double Pilot(string sampler, Preconditioner coordinates, double step, double nbeta, double gamma, bool centered)
    {
        using var scope = NewDisposeScope();
        var settings = new SamplerSettings(
            sampler, step, nbeta, gamma, 0, 1, 1, 0, 1, _source.Seed, Preconditioner: coordinates.Name,
            Friction: coordinates.Name == "none" ? Math.Sqrt(gamma) : 1, Centered: centered);
        var chain = SamplerCatalog.Create(settings, coordinates);
        using var state = new ChainState(int.MaxValue, _source.Seed, _source.Center, chain);
        var (sum, count) = (0.0, 0);
        var (steps, burnIn) = chain.UsesGradient ? (PilotBurnIn + PilotSteps, PilotBurnIn) : (PilotDraws, 0);
        for (; state.Step < steps;)
        {
            if (chain.UsesGradient)
            {
                using var inner = NewDisposeScope();
                var (gradient, loss) = Gradient(state.Position);
                if (!double.IsFinite(loss))
                {
                    return double.NaN;
                }

                using var noGradient = no_grad();
                state.Gradient.copy_(centered ? gradient.sub_(_atCheckpoint) : gradient);
                (sum, count) = state.Step >= burnIn ? (sum + loss, count + 1) : (sum, count);
            }

            chain.Move(state);
            state.Step++;
            if (!chain.UsesGradient)
            {
                (sum, count) = (sum + Loss(state.Position), count + 1);
            }
        }

        return (sum / count) - _lossAtCheckpoint;
    }

    public void Dispose() => _atCheckpoint.Dispose();

    // s·(nβ'·Qᵀg + γ'·x): the potential's gradient in whitened coordinates. Uses up the gradient.
    private static Tensor Whitened(Preconditioner coordinates, Tensor gradient, Tensor x, double nbeta, double gamma)
    {
        (nbeta, gamma) = coordinates.PullBack(gradient, x, nbeta, gamma);
        gradient.mul_(nbeta).add_(x * gamma);
        return coordinates.Scale is { } scale ? gradient.mul_(scale) : gradient;
    }

    // Belongs to the caller's scope.
    private (Tensor Gradient, double Loss) Gradient(Tensor position)
    {
        using var grad = enable_grad();
        var gradient = zeros_like(_source.Center);
        using var weights = _source.Model.Bind(_source.Selection, position, gradient);
        var sum = 0.0;
        _source.ForEachPiece((batch, _) =>
        {
            var loss = _source.Model.Losses(weights, batch).sum();
            (loss * (1.0 / _source.Count)).backward();
            sum += loss.item<float>();
        });
        return (gradient, sum / _source.Count);
    }

    private double Loss(Tensor position)
    {
        using var noGradient = no_grad();
        using Weights weights = _source.Model.Bind(_source.Selection, position, null);
        var sum = 0.0;
        _source.ForEachPiece((batch, _) => sum += _source.Model.Losses(weights, batch).sum().item<float>());
        return sum / _source.Count;
    }
}
