using static TorchSharp.torch;

namespace Bif.Engine.Curvature;

/// <summary>
/// The eigenbasis of one layer's Kronecker-factored curvature, F ≈ (U_G ⊗ U_A)·diag(Λ)·(U_G ⊗ U_A)ᵀ, for the matrix
/// [out, in] of its weight, or [out, in + 1] with its bias as the last column. Λ is measured in that basis (George et al.
/// 2018, EK-FAC), not taken as the product of the factors' eigenvalues.
/// </summary>
/// <param name="Offset">First element in the sampled vector.</param>
/// <param name="HasBias">Whether the bias, which follows the weight in the vector, is the last column.</param>
/// <param name="InputBasis">U_A [in (+ 1), in (+ 1)].</param>
/// <param name="OutputBasis">U_G [out, out].</param>
/// <param name="Values">Λ [out, in (+ 1)], per unit of the mean loss.</param>
public sealed record KroneckerLayer(long Offset, bool HasBias, Tensor InputBasis, Tensor OutputBasis, Tensor Values) : IDisposable
{
    /// <summary>Rows: outputs.</summary>
    public long Rows => Values.shape[0];

    /// <summary>Columns: inputs, and one for the bias.</summary>
    public long Columns => Values.shape[1];

    /// <summary>Elements of the sampled vector that the layer covers.</summary>
    public long Length => Rows * Columns;

    /// <summary>The layer's part of a vector in coordinates [out, in (+ 1)]; a view.</summary>
    public Tensor Coordinates(Tensor vector) => vector.narrow(0, Offset, Length).view(Rows, Columns);

    /// <summary>The layer's part of a vector of weights or gradients as a matrix [out, in (+ 1)]; copied where there is a bias.</summary>
    public Tensor Matrix(Tensor vector) => HasBias
        ? cat([WeightPart(vector), BiasPart(vector).unsqueeze(1)], 1)
        : WeightPart(vector);

    /// <summary>The weight [out, in]; a view.</summary>
    public Tensor WeightPart(Tensor vector)
    {
        var columns = HasBias ? Columns - 1 : Columns;
        return vector.narrow(0, Offset, Rows * columns).view(Rows, columns);
    }

    /// <summary>The bias [out]; a view.</summary>
    public Tensor BiasPart(Tensor vector) => vector.narrow(0, Offset + (Rows * (Columns - 1)), Rows);

    /// <inheritdoc/>
    public void Dispose()
    {
        InputBasis.Dispose();
        OutputBasis.Dispose();
        Values.Dispose();
    }
}
