using Bif.Engine.Curvature;
using static TorchSharp.torch;

namespace Bif.Engine.Sampling.Preconditioners;

/// <summary>
/// Coordinates rotated into each layer's Kronecker eigenbasis, with the scale (nβ·Λ + γ)^(−1/2); parameters without factors
/// keep their axes and take the scale of the diagonal. The rotation is orthogonal, so the prior keeps its form.
/// </summary>
public sealed class KroneckerPreconditioner : Preconditioner
{
    private readonly IReadOnlyList<KroneckerLayer> _layers;
    private readonly Tensor _scale;
    private readonly bool _coversAll;

    /// <summary>Takes the factors, which stay the caller's.</summary>
    /// <param name="layers">Eigenbases of the layers.</param>
    /// <param name="diagonal">F's diagonal [P] for everything else.</param>
    /// <param name="nbeta">nβ.</param>
    /// <param name="gamma">γ.</param>
    public KroneckerPreconditioner(IReadOnlyList<KroneckerLayer> layers, Tensor diagonal, double nbeta, double gamma)
    {
        _layers = layers;
        _coversAll = layers.Sum(layer => layer.Length) == diagonal.numel();
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var precision = (diagonal * nbeta).add_(gamma);
        foreach (var layer in layers)
        {
            layer.Coordinates(precision).copy_(layer.Values * nbeta).add_(gamma);
        }

        _scale = precision.rsqrt().DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public override string Name => "kfac";

    /// <inheritdoc/>
    public override Tensor? Scale => _scale;

    /// <inheritdoc/>
    public override bool HasCoordinates => true;

    /// <inheritdoc/>
    public override (double Nbeta, double Gamma) PullBack(Tensor gradient, Tensor coordinates, double nbeta, double gamma)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        foreach (var layer in _layers)
        {
            var rotated = layer.OutputBasis.transpose(0, 1).matmul(layer.Matrix(gradient)).matmul(layer.InputBasis);
            layer.Coordinates(gradient).copy_(rotated);
        }

        return (nbeta, gamma);
    }

    /// <inheritdoc/>
    public override void ToWeights(Tensor coordinates, Tensor center, Tensor weights)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        if (!_coversAll)
        {
            weights.copy_(coordinates);
        }

        foreach (var layer in _layers)
        {
            var deviation = layer.OutputBasis.matmul(layer.Coordinates(coordinates)).matmul(layer.InputBasis.transpose(0, 1));
            if (layer.HasBias)
            {
                layer.WeightPart(weights).copy_(deviation.narrow(1, 0, layer.Columns - 1));
                layer.BiasPart(weights).copy_(deviation.select(1, layer.Columns - 1));
            }
            else
            {
                layer.WeightPart(weights).copy_(deviation);
            }
        }

        weights.add_(center);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _scale.Dispose();
}
