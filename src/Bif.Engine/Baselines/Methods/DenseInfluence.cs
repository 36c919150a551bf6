using Bif.Engine.Baselines.Gradients;
using static TorchSharp.torch;

namespace Bif.Engine.Baselines.Methods;

/// <summary>g_qᵀ(nβ·F + γ)⁻¹g_i with F [P, P] formed and factorised in double precision.</summary>
internal sealed class DenseInfluence(MethodContext context, GradientSource source, int columns)
{
    /// <summary>The scores.</summary>
    public InfluenceScores Scores(IProgress<double>? progress, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var factor = Factor(cancellation);
        return new InfluenceScores(GradientPairs.Scores(
            context,
            source,
            queries =>
            {
                // Rows [q, P] of G·(L·Lᵀ)⁻¹.
                var half = linalg.solve_triangular(factor, queries.Flat().to(float64).t(), upper: false);
                var directions = linalg.solve_triangular(factor.t(), half, upper: true).t();
                return items => directions.matmul(items.Flat().to(float64).t());
            },
            flat: true,
            progress,
            cancellation));
    }

    // L with L·Lᵀ = nβ·F + γ.
    private Tensor Factor(CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var size = context.Center.numel();
        var matrix = zeros([size, size], float64, context.Device);
        var roots = Enumerable.Range(0, columns).Select(column => ItemValues.RootColumn(context.Model.Objective, column)).ToList();
        var piece = Math.Min(context.Piece, GradientPairs.BlockOf(context, source, flat: true));
        for (var start = 0; start < context.Train.Count; start += piece)
        {
            cancellation.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            foreach (var gradients in source.Of(context.Train, start, Math.Min(piece, context.Train.Count - start), roots))
            {
                using var noGradient = no_grad();
                var rows = gradients.Flat().to(float64);
                matrix.addmm_(rows.t(), rows);
            }
        }

        using var none = no_grad();
        matrix.mul_(context.Nbeta / context.Train.Count).diagonal().add_(context.Gamma);
        return linalg.cholesky(matrix).MoveToOuterDisposeScope();
    }
}
