using static TorchSharp.torch;

namespace Bif.Engine.Curvature;

/// <summary>Products of the Gauss-Newton matrix of the mean loss at w* with a vector, without forming it.</summary>
internal sealed class GaussNewton : IDisposable
{
    private readonly CurvatureSource _source;
    private readonly Tensor _product;
    private readonly Models.Weights _weights;
    private readonly List<(Tensor Parameter, long Offset, long Length)> _parameters = [];
    private readonly OutputCurvature _curvature;

    public GaussNewton(CurvatureSource source)
    {
        _source = source;
        _curvature = new OutputCurvature(source.Model.Objective);
        _product = zeros_like(source.Center).DetachFromDisposeScope();
        _weights = source.Model.Bind(source.Selection, source.Center, _product);
        for (var index = 0; index < _weights.Layout.Parameters.Count; index++)
        {
            if (source.Selection.Offset(index) is { } offset)
            {
                _parameters.Add((_weights.Parameter(index), offset, _weights.Layout.Parameters[index].Length));
            }
        }
    }

    /// <summary>F·v [P]: J·v by differentiating Jᵀ·u with respect to u, the outputs' curvature, then one backward pass.</summary>
    public Tensor Multiply(Tensor vector)
    {
        using (no_grad())
        {
            _product.zero_();
        }

        _source.ForEachPiece((batch, _) =>
        {
            var outputs = _source.Model.Outputs(_weights, batch);
            var dual = zeros_like(outputs).requires_grad_(true);
            var slopes = autograd.grad(
                [(outputs * dual).sum()], [.. _parameters.Select(each => each.Parameter)], create_graph: true, retain_graph: true, allow_unused: true);
            Tensor? directional = null;
            for (var index = 0; index < slopes.Count; index++)
            {
                // Parameters that the outputs do not depend on have no gradient.
                if (slopes[index] is { } slope)
                {
                    var part = (slope * vector.narrow(0, _parameters[index].Offset, _parameters[index].Length).view(slope.shape)).sum();
                    directional = directional is null ? part : directional + part;
                }
            }

            var tangent = autograd.grad([directional!], [dual], retain_graph: true)[0].detach();
            (outputs * _curvature.Apply(outputs.detach(), tangent)).sum().backward();
        });
        using var noGradient = no_grad();
        return _product / _source.Count;
    }

    public void Dispose()
    {
        _weights.Dispose();
        _product.Dispose();
    }
}
