using Bif.Engine.Baselines.Gradients;
using Bif.Engine.Data;
using static TorchSharp.torch;

namespace Bif.Engine.Baselines.Methods;

/// <summary>
/// g_qᵀ(nβ·F + γ)⁻¹g_i = (1/γ)·[g_q·g_i − K_qJ·(nλ + K_JJ)⁻¹·K_Ji] by Woodbury, with λ = γ/nβ, F = JᵀJ/n, and the dot products
/// K of gradients and rows of the root Jacobian J [n·columns, P]. Rows are dropped as long as their squared lengths sum to
/// less than 10⁻⁴·nλ, which bounds the relative error of (F + λ)⁻¹ by 10⁻⁴.
/// </summary>
internal sealed class GramInfluence(MethodContext context, GradientSource source, int columns)
{
    private const double Dropped = 1e-4;

    /// <summary>The scores.</summary>
    public InfluenceScores Scores(IProgress<double>? progress, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var roots = Enumerable.Range(0, columns).Select(column => ItemValues.RootColumn(context.Model.Objective, column)).ToList();
        var jacobian = Blocks(context.Train, (start, count) => source.Of(context.Train, start, count, roots), cancellation);
        using var noGradient = no_grad();
        var lengths = cat([.. jacobian.Select(block => block.Lengths().square())]).to(float64);
        var damping = context.Train.Count * context.Gamma / context.Nbeta;
        var kept = Kept(lengths, damping);
        var gram = Products(jacobian, jacobian, cancellation).index_select(0, kept).index_select(1, kept).to(float64);
        gram.diagonal().add_(damping);
        var factor = linalg.cholesky(gram);
        progress?.Report(0.6);
        var queries = Blocks(context.Queries, (start, count) => [source.Losses(context.Queries, start, count)], cancellation);
        var queryRows = Products(queries, jacobian, cancellation).index_select(1, kept).to(float64);
        var solved = linalg.solve_triangular(factor.t(), linalg.solve_triangular(factor, queryRows.t(), upper: false), upper: true).t();
        var matrix = new ScoreMatrix(context.Queries.Count, context.Train.Count);
        for (var start = 0; start < context.Train.Count; start += context.Piece)
        {
            using var inner = NewDisposeScope();
            var items = Losses(start);
            var item = Products([items], jacobian, cancellation).index_select(1, kept).to(float64);
            var plain = Products(queries, [items], cancellation).to(float64);
            matrix.Write(0, start, plain.sub_(solved.matmul(item.t())).mul_(1 / context.Gamma));
            progress?.Report(0.6 + (0.4 * start / context.Train.Count));
        }

        return new InfluenceScores(matrix.Values);
    }

    private ItemGradients Losses(int start)
    {
        using var gradient = enable_grad();
        return source.Losses(context.Train, start, Math.Min(context.Piece, context.Train.Count - start));
    }

    // Gradients of all items, formed for many dot products.
    private List<ItemGradients> Blocks(DataFeed feed, Func<int, int, IReadOnlyList<ItemGradients>> of, CancellationToken cancellation)
    {
        using var gradient = enable_grad();
        var blocks = new List<ItemGradients>();
        for (var start = 0; start < feed.Count; start += context.Piece)
        {
            cancellation.ThrowIfCancellationRequested();
            blocks.AddRange(of(start, Math.Min(context.Piece, feed.Count - start)));
        }

        using var none = no_grad();
        blocks.ForEach(block => block.Form());
        return blocks;
    }

    private Tensor Products(List<ItemGradients> first, List<ItemGradients> second, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var result = empty([first.Sum(block => block.Count), second.Sum(block => block.Count)], device: context.Device);
        var row = 0;
        foreach (var a in first)
        {
            var column = 0;
            foreach (var b in second)
            {
                cancellation.ThrowIfCancellationRequested();
                using var inner = NewDisposeScope();
                result.narrow(0, row, a.Count).narrow(1, column, b.Count).copy_(a.Dot(b));
                column += b.Count;
            }

            row += a.Count;
        }

        return result.MoveToOuterDisposeScope();
    }

    // The rows that matter, by falling length.
    private static Tensor Kept(Tensor lengths, double damping)
    {
        var order = lengths.argsort(0, descending: false);
        var below = lengths.index_select(0, order).cumsum(0).lt(Dropped * damping).sum().item<long>();
        return order.narrow(0, below, order.shape[0] - below);
    }
}
