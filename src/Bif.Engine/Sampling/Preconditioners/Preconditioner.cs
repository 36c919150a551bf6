using Bif.Kernels;
using static TorchSharp.torch;

namespace Bif.Engine.Sampling.Preconditioners;

/// <summary>
/// Fixed linear coordinates x, w = w* + Q·x, in which the posterior around w* is better conditioned. Because they do not
/// change along the chain, a sampler that moves in them keeps its target exactly. Shared by all chains of a run.
/// </summary>
public abstract class Preconditioner : IDisposable
{
    /// <summary>none, diagonal, kfac or lowrank.</summary>
    public abstract string Name { get; }

    /// <summary>s [P]: the expected posterior deviation along each coordinate; null where coordinates are white already.</summary>
    public virtual Tensor? Scale => null;

    /// <summary>Whether coordinates differ from the weights' deviation by more than a scale.</summary>
    public virtual bool HasCoordinates => false;

    /// <summary>
    /// Turns the gradient with respect to w into one with respect to x, in place. What is left for the step is
    /// nβ'·gradient + γ'·x with the returned multipliers.
    /// </summary>
    /// <param name="gradient">∇L at w [P].</param>
    /// <param name="coordinates">x [P].</param>
    /// <param name="nbeta">nβ.</param>
    /// <param name="gamma">γ.</param>
    public virtual (double Nbeta, double Gamma) PullBack(Tensor gradient, Tensor coordinates, double nbeta, double gamma)
        => (nbeta, gamma);

    /// <summary>Writes w = w* + Q·x.</summary>
    public virtual void ToWeights(Tensor coordinates, Tensor center, Tensor weights)
    {
        using var noGradient = no_grad();
        weights.copy_(center).add_(coordinates);
    }

    /// <summary>Sets the position to an independent draw from the Gaussian with this preconditioner's covariance.</summary>
    /// <param name="state">The chain; the draw follows from its seed and index.</param>
    /// <param name="gamma">γ, the precision where the preconditioner knows of no curvature.</param>
    /// <param name="number">Which draw of the chain.</param>
    /// <param name="mirrored">The draw on the other side of w*.</param>
    public void Draw(ChainState state, double gamma, long number, bool mirrored)
    {
        using var scope = NewDisposeScope();
        Draw(state, gamma, empty_like(state.Position), number, mirrored);
    }

    /// <summary>The same, and writes the draw's coordinates x [P].</summary>
    public void Draw(ChainState state, double gamma, Tensor coordinates, long number, bool mirrored = false)
    {
        using var noGradient = no_grad();
        LangevinStep.Normals(coordinates, state.Seed, (uint)state.Chain, PhiloxPurpose.Laplace, (ulong)number);
        if (mirrored)
        {
            coordinates.neg_();
        }

        if (Scale is { } scale)
        {
            coordinates.mul_(scale);
        }
        else if (!HasCoordinates)
        {
            coordinates.mul_(1 / Math.Sqrt(gamma));
        }

        ToWeights(coordinates, state.Center, state.Position);
    }

    /// <summary>The Gaussian's covariance Σ times vectors: rows [k, P] in, rows [k, P] out.</summary>
    /// <param name="rows">Vectors in the space of the weights' gradient.</param>
    /// <param name="gamma">γ, the precision where the preconditioner knows of no curvature.</param>
    public virtual Tensor Covariance(Tensor rows, double gamma)
    {
        using var noGradient = no_grad();
        var result = empty_like(rows);
        using var scope = NewDisposeScope();
        var origin = zeros_like(rows.select(0, 0));
        for (var row = 0; row < rows.shape[0]; row++)
        {
            using var inner = NewDisposeScope();
            var vector = rows.select(0, row).clone();
            PullBack(vector, origin, 1, 0);
            if (Scale is { } scale)
            {
                vector.mul_(scale).mul_(scale);
            }
            else if (!HasCoordinates)
            {
                vector.mul_(1 / gamma);
            }

            ToWeights(vector, origin, result.select(0, row));
        }

        return result;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases its tensors.</summary>
    protected abstract void Dispose(bool disposing);
}
