using static TorchSharp.torch;

namespace Bif.Engine.Sampling.Preconditioners;

/// <summary>One scale per parameter, s = (nβ·F + γ)^(−1/2) with F the diagonal of the Gauss-Newton matrix at w*.</summary>
public sealed class DiagonalPreconditioner : Preconditioner
{
    private readonly Tensor _scale;

    /// <summary>Takes the diagonal.</summary>
    /// <param name="diagonal">F [P], per unit of the mean loss; stays the caller's.</param>
    /// <param name="nbeta">nβ.</param>
    /// <param name="gamma">γ.</param>
    public DiagonalPreconditioner(Tensor diagonal, double nbeta, double gamma)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        _scale = (diagonal * nbeta).add_(gamma).rsqrt().DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public override string Name => "diagonal";

    /// <inheritdoc/>
    public override Tensor? Scale => _scale;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _scale.Dispose();
}
