using Bif.Engine.Curvature;
using static TorchSharp.torch;

namespace Bif.Engine.Baselines.Gradients;

/// <summary>
/// Gradients of some items with respect to one linear or convolution layer as factors: item i's is Σ_p slope_ip·input_ipᵀ
/// over its positions p, a matrix [out, in (+ 1)] that is not formed unless needed. A convolution's inputs at all positions,
/// [items, positions, in (+ 1)], are many times what the layer took, and are formed for a product and released after it.
/// </summary>
internal sealed class LayerGradients
{
    private readonly SeenLayer _layer;
    private readonly Tensor? _inputRows;
    private readonly Tensor _slope;
    private Tensor? _matrices;

    /// <param name="layer">What the layer took and gave.</param>
    /// <param name="inputRows">Its <see cref="SeenLayer.Rows"/>, where several gradients share them; null forms them when wanted.</param>
    /// <param name="slope">The gradient with respect to its outputs.</param>
    public LayerGradients(SeenLayer layer, Tensor? inputRows, Tensor slope)
    {
        // Without its graph, which would live as long as what the layer took.
        _layer = layer with { Inputs = layer.Inputs.detach() };
        _slope = slope;
        _inputRows = inputRows ?? (IsOuterProduct ? layer.Rows() : null);
    }

    /// <summary>Whether one position makes an item's gradient an outer product.</summary>
    public bool IsOuterProduct => Positions == 1;

    /// <summary>Number of items.</summary>
    public long Count => _slope.shape[0];

    /// <summary>Numbers per item that are held for dot products; of convolutions what they took and gave, its slope and the gradient.</summary>
    public long HeldPerItem => IsOuterProduct ? Columns + Outputs : ((_layer.Inputs.numel() + (2 * _slope.numel())) / Count) + (Columns * Outputs);

    /// <summary>Numbers per item that are held where several gradients share the layer's input rows.</summary>
    public long HeldPerSharingItem => HeldPerItem + (Positions * Columns);

    /// <summary>Where the factors lie.</summary>
    public Device Device => _slope.device;

    private long Positions => _layer.Kernel > 0 ? _slope.shape[2] * _slope.shape[3] : _slope.dim() == 2 ? 1 : _slope.shape[1];

    private long Outputs => _layer.Kernel > 0 ? _slope.shape[1] : _slope.shape[^1];

    private long Columns => Weights + (_layer.HasBias ? 1 : 0);

    // Weights of one output.
    private long Weights => _layer.Kernel > 0 ? _layer.Inputs.shape[1] * _layer.Kernel * _layer.Kernel : _layer.Inputs.shape[^1];

    private Tensor Inputs => _inputRows ?? _layer.Rows();

    private Tensor Slopes => _layer.SlopeRows(_slope);

    /// <summary>Gives what is held to the scope around the present one.</summary>
    public void MoveToOuterDisposeScope()
    {
        _layer.Inputs.MoveToOuterDisposeScope();
        _inputRows?.MoveToOuterDisposeScope();
        _slope.MoveToOuterDisposeScope();
    }

    /// <summary>Forms, in the caller's scope, what dot products with many other items use again and again.</summary>
    public void Form() => _matrices ??= IsOuterProduct ? null : Matrices();

    /// <summary>Dot products [items, other's items] of the same layer's gradients.</summary>
    public Tensor Dot(LayerGradients other) => IsOuterProduct && other.IsOuterProduct
        ? Inner(Inputs, other.Inputs).mul_(Inner(Slopes, other.Slopes))
        : Matrices().flatten(1).matmul(other.Matrices().flatten(1).t());

    /// <summary>Squared lengths [items].</summary>
    public Tensor SquaredLengths() => IsOuterProduct
        ? Inputs.squeeze(1).square().sum([1L]).mul_(Slopes.squeeze(1).square().sum([1L]))
        : Matrices().flatten(1).square().sum([1L]);

    /// <summary>Adds the gradients at their place in rows [items, P] of the sampled vector.</summary>
    public void AddTo(Tensor flat)
    {
        using var scope = NewDisposeScope();
        var (matrices, offset, length) = (Matrices(), _layer.Offset, Outputs * Weights);
        flat.narrow(1, offset, length).view(Count, Outputs, Weights).add_(matrices.narrow(2, 0, Weights));
        if (_layer.HasBias)
        {
            flat.narrow(1, offset + length, Outputs).add_(matrices.select(2, Weights));
        }
    }

    private static Tensor Inner(Tensor a, Tensor b) => a.squeeze(1).matmul(b.squeeze(1).t());

    // [items, out, in (+ 1)].
    private Tensor Matrices()
    {
        if (_matrices is not null)
        {
            return _matrices;
        }

        using var scope = NewDisposeScope();
        return Slopes.transpose(1, 2).bmm(Inputs).MoveToOuterDisposeScope();
    }
}
