using Bif.Engine.Data;
using Bif.Engine.Sampling.Preconditioners;
using static TorchSharp.torch;

namespace Bif.Engine.Curvature;

/// <summary>
/// The diagonal of F, by random signs: with independent signs ε over items and classes, the squared gradient of Σ ε·S·outputs
/// has F's diagonal as its expectation. Works for every differentiable model, TorchScript included.
/// </summary>
public sealed class DiagonalCurvature : CurvatureEstimate
{
    // The relative error of an entry is √(2/repeats).
    private const int Repeats = 32;

    private readonly Tensor _diagonal;

    /// <summary>Takes the diagonal [P]; it is detached from the caller's scope.</summary>
    public DiagonalCurvature(Tensor diagonal) => _diagonal = diagonal.DetachFromDisposeScope();

    /// <inheritdoc/>
    public override string Name => "diagonal";

    /// <summary>Measures the diagonal.</summary>
    public static DiagonalCurvature Measure(CurvatureSource source, Action<double>? progress)
    {
        using var scope = NewDisposeScope();
        return new DiagonalCurvature(Diagonal(source, Repeats, progress)) { Remark = $"diagonal of the Gauss-Newton matrix from {source.Count:N0} items" };
    }

    /// <summary>The diagonal [P], per unit of the mean loss.</summary>
    internal static Tensor Diagonal(CurvatureSource source, int repeats, Action<double>? progress)
    {
        var gradient = zeros_like(source.Center);
        var sum = zeros_like(source.Center);
        using var weights = source.Model.Bind(source.Selection, source.Center, gradient);
        var curvature = new OutputCurvature(source.Model.Objective);

        // Products of different items' gradients are noise: the more so, the more items share one sum of gradients, which is therefore a
        // group's, in however many pieces it is formed.
        var pieces = source.WithinGroups();
        for (var repeat = 0; repeat < repeats; repeat++)
        {
            pieces.ForEachPiece((batch, first) =>
            {
                var outputs = source.Model.Outputs(weights, batch);
                if (first % CurvatureSource.Group == 0)
                {
                    using var before = no_grad();
                    gradient.zero_();
                }

                (outputs * curvature.Mix(outputs.detach(), source.Signs(outputs, repeat, first))).sum().backward();
                var end = first + (int)outputs.shape[0];
                if (end % CurvatureSource.Group == 0 || end == source.Count)
                {
                    using var noGradient = no_grad();
                    sum.addcmul_(gradient, gradient, 1);
                }
            });
            progress?.Invoke((repeat + 1.0) / repeats);
        }

        using var none = no_grad();
        return sum.mul_(1.0 / ((double)repeats * source.Count));
    }

    /// <inheritdoc/>
    public override double[] Eigenvalues() => _diagonal.Doubles();

    /// <inheritdoc/>
    public override Preconditioner ToPreconditioner(double nbeta, double gamma) => new DiagonalPreconditioner(_diagonal, nbeta, gamma);

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Tensor Value)> Tensors() => [("diagonal", _diagonal)];

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _diagonal.Dispose();
}
