using static TorchSharp.torch;

namespace Bif.Engine.Baselines.Gradients;

/// <summary>
/// Gradients of some items with respect to one linear or convolution layer as factors: item i's is Σ_p slope_ip·input_ipᵀ
/// over its positions p, a matrix [out, in (+ 1)] that is not formed unless needed.
/// </summary>
/// <param name="offset">Where the weight begins in the sampled vector; a bias follows it.</param>
/// <param name="hasBias">Whether the last input is the bias's one.</param>
/// <param name="inputs">[items, positions, in (+ 1)].</param>
/// <param name="slopes">[items, positions, out].</param>
internal sealed class LayerGradients(long offset, bool hasBias, Tensor inputs, Tensor slopes)
{
    private Tensor? _rows;

    /// <summary>Whether one position makes an item's gradient an outer product.</summary>
    public bool IsOuterProduct => inputs.shape[1] == 1;

    /// <summary>Number of items.</summary>
    public long Count => inputs.shape[0];

    /// <summary>Numbers per item that are held for dot products.</summary>
    public long HeldPerItem => IsOuterProduct ? inputs.shape[2] + slopes.shape[2] : (inputs.shape[1] * (inputs.shape[2] + slopes.shape[2])) + (inputs.shape[2] * slopes.shape[2]);

    /// <summary>Gives the factors to the scope around the present one.</summary>
    public void MoveToOuterDisposeScope()
    {
        inputs.MoveToOuterDisposeScope();
        slopes.MoveToOuterDisposeScope();
    }

    /// <summary>Forms, in the caller's scope, what dot products with many other items use again and again.</summary>
    public void Form() => _rows ??= IsOuterProduct ? null : Rows();

    /// <summary>Dot products [items, other's items] of the same layer's gradients.</summary>
    public Tensor Dot(LayerGradients other) => IsOuterProduct && other.IsOuterProduct
        ? Inner(inputs, other.Inputs).mul_(Inner(slopes, other.Slopes))
        : Rows().matmul(other.Rows().t());

    /// <summary>Squared lengths [items].</summary>
    public Tensor SquaredLengths() => IsOuterProduct
        ? inputs.squeeze(1).square().sum([1L]).mul_(slopes.squeeze(1).square().sum([1L]))
        : Rows().square().sum([1L]);

    /// <summary>Copies the gradients to their place in rows [items, P] of the sampled vector.</summary>
    public void CopyTo(Tensor flat)
    {
        var matrices = Rows().view(Count, slopes.shape[2], inputs.shape[2]);
        var columns = hasBias ? inputs.shape[2] - 1 : inputs.shape[2];
        var length = slopes.shape[2] * columns;
        flat.narrow(1, offset, length).copy_(matrices.narrow(2, 0, columns).reshape(Count, length));
        if (hasBias)
        {
            flat.narrow(1, offset + length, slopes.shape[2]).copy_(matrices.select(2, columns));
        }
    }

    /// <summary>Where the factors lie.</summary>
    public Device Device => inputs.device;

    private Tensor Inputs => inputs;

    private Tensor Slopes => slopes;

    private static Tensor Inner(Tensor a, Tensor b) => a.squeeze(1).matmul(b.squeeze(1).t());

    // [items, out·(in + 1)].
    private Tensor Rows() => _rows ?? slopes.transpose(1, 2).bmm(inputs).flatten(1);
}
