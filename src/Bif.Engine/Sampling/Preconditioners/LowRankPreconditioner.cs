using static TorchSharp.torch;

namespace Bif.Engine.Sampling.Preconditioners;

/// <summary>
/// White coordinates x of a posterior with precision nβ·VᵀΛV + γ·I: w = w* + Q·x, Q = γ^(−1/2)·(I + Vᵀ·diag(√(γ/(γ + nβλ)) − 1)·V)
/// with V's rows the leading eigenvectors of F.
/// </summary>
public sealed class LowRankPreconditioner : Preconditioner
{
    private readonly Tensor _vectors;
    private readonly Tensor _shrink;
    private readonly double _root;

    /// <summary>Takes the eigenpairs; the vectors stay the caller's.</summary>
    /// <param name="vectors">V [k, P], orthonormal rows.</param>
    /// <param name="values">λ [k], per unit of the mean loss.</param>
    /// <param name="nbeta">nβ.</param>
    /// <param name="gamma">γ.</param>
    public LowRankPreconditioner(Tensor vectors, Tensor values, double nbeta, double gamma)
    {
        if (!(gamma > 0))
        {
            throw new InputException("The low-rank preconditioner needs --gamma above 0: outside its directions only γ bounds the posterior.");
        }

        _vectors = vectors;
        _root = 1 / Math.Sqrt(gamma);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        _shrink = (values * (nbeta / gamma)).add_(1).rsqrt().sub_(1).DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public override string Name => "lowrank";

    /// <inheritdoc/>
    public override bool HasCoordinates => true;

    /// <inheritdoc/>
    public override (double Nbeta, double Gamma) PullBack(Tensor gradient, Tensor coordinates, double nbeta, double gamma)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();

        // Qᵀ·(nβ·∇L + γ·Q·x): both parts go through Q, which is symmetric.
        gradient.mul_(nbeta);
        gradient.add_(Apply(coordinates).mul_(gamma));
        gradient.copy_(Apply(gradient));
        return (1, 0);
    }

    /// <inheritdoc/>
    public override void ToWeights(Tensor coordinates, Tensor center, Tensor weights)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        weights.copy_(Apply(coordinates)).add_(center);
    }

    /// <summary>γ⁻¹·(I + Vᵀ·diag(2d + d²)·V) for all rows at once, d the shrinkage less 1.</summary>
    public override Tensor Covariance(Tensor rows, double gamma)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var weights = _shrink.mul(_shrink).add_(_shrink * 2);
        return rows.matmul(_vectors.transpose(0, 1)).mul_(weights).matmul(_vectors).add_(rows).mul_(_root * _root).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _shrink.Dispose();

    // Q·v.
    private Tensor Apply(Tensor vector)
        => vector.add(_vectors.transpose(0, 1).mv(_vectors.mv(vector).mul_(_shrink))).mul_(_root);
}
