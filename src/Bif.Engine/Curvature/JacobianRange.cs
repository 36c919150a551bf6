using Bif.Engine.Baselines.Gradients;
using Bif.Engine.Models;
using Bif.Kernels;
using static TorchSharp.torch;

namespace Bif.Engine.Curvature;

/// <summary>
/// The leading eigenpairs of F = JᵀJ/n for networks whose weights are used at many positions (convolutions, texts), where a
/// product with J costs many times the number of weights: rows of the root Jacobian J are formed for some items at a time, and
/// products with all directions at once are matrix products. A random range is refined by one product with F, in which labels
/// are mixed at random, and F is projected on it (Halko, Martinsson, Tropp 2011, algorithms 4.1 and 5.1), with labels summed out
/// exactly where there are few; of a text tokens are mixed with them.
/// </summary>
/// <param name="source">What to measure.</param>
/// <param name="gradients">Gradients per item at w*.</param>
/// <param name="columns">Columns of the root of an item's output curvature.</param>
internal sealed class JacobianRange(CurvatureSource source, GradientSource gradients, int columns)
{
    private const int ExactColumns = 16;
    private const int Mixtures = 4;
    private const int TextMixtures = 16;
    private const long PieceBytes = 16L << 20;

    private bool IsText => source.Model.Objective == Objective.NextToken;

    private int MostMixtures => IsText ? TextMixtures : Mixtures;

    /// <summary>Finds up to <paramref name="rank"/> pairs, largest first: vectors [rank, P] as orthonormal rows, and values.</summary>
    public (Tensor Vectors, double[] Values) Leading(int rank, Action<double>? progress)
    {
        using var scope = NewDisposeScope();
        var width = (int)Math.Min(rank + Math.Max(10, rank / 10), Math.Min(source.Center.numel(), (long)source.Count * Math.Min(columns, MostMixtures / 2)));
        var range = Orthonormal(Range(width, share => progress?.Invoke(0.5 * share)));

        // The sketch can be as large as the range, and no tensor to come is.
        ProcessMemory.ReleaseFreePages();
        var projected = zeros([range.shape[0], range.shape[0]], float64, source.Center.device);
        var exact = columns <= ExactColumns && !IsText;
        var count = exact ? columns : MostMixtures;
        ForEachRows(count, exact, (rows, share) =>
        {
            var part = rows.matmul(range.transpose(0, 1));
            projected.add_(part.transpose(0, 1).matmul(part));
            progress?.Invoke(0.5 + (0.5 * share));
        });
        projected.div_((double)source.Count * (exact ? 1 : count));
        var (values, vectors) = linalg.eigh(projected);
        var kept = (int)Math.Min(rank, range.shape[0]);
        var leading = RowSpace.Combine(vectors.narrow(1, range.shape[0] - kept, kept).flip(1).transpose(0, 1), range);
        double[] found = [.. Enumerable.Range(1, kept).Select(index => Math.Max(0, values.select(0, range.shape[0] - index).item<double>()))];

        // A copy, so that the range's further rows take no memory for as long as the pairs are used.
        return (leading.clone().DetachFromDisposeScope(), found);
    }

    // F·Ω for random Ω, labels mixed at random: [width, P].
    private Tensor Range(int width, Action<double> progress)
    {
        using var sketch = new RandomSketch(width, source.Center, source.Seed);
        var product = zeros([width, source.Center.numel()], device: source.Center.device);
        ForEachRows(Math.Min(columns, MostMixtures / 2), exact: columns == 1, (rows, share) =>
        {
            product.addmm_(sketch.Of(rows).transpose(0, 1), rows);
            progress(share);
        });
        return product;
    }

    // Directions that rounding made dependent are left out.
    private static Tensor Orthonormal(Tensor rows)
    {
        using var noGradient = no_grad();
        for (var pass = 0; pass < 2; pass++)
        {
            var (values, vectors) = linalg.eigh(rows.matmul(rows.transpose(0, 1)).to(float64));
            var largest = values.select(0, values.shape[0] - 1).item<double>();
            var first = 0L;
            while (first < values.shape[0] - 1 && values.select(0, first).item<double>() < 1e-9 * largest)
            {
                first++;
            }

            var (kept, scale) = (vectors.narrow(1, first, vectors.shape[1] - first), values.narrow(0, first, values.shape[0] - first).rsqrt());
            rows = RowSpace.Combine((kept * scale).transpose(0, 1), rows);
        }

        return rows;
    }

    // Rows of J of all items, some at a time: for each column of the root, or for random mixtures of them.
    private void ForEachRows(int count, bool exact, Action<Tensor, double> work)
    {
        var piece = Math.Min(WorkingSet.Items(source.Center.device, PieceBytes, source.Center.numel(), count > 1 ? gradients.HeldPerSharingItem : gradients.HeldPerItem), source.Count);
        var pieces = (source.Count + piece - 1) / piece;
        for (var index = 0; index < pieces; index++)
        {
            var length = Math.Min(piece, source.Count - (index * piece));

            // Where not all items are used, the pieces lie evenly among them.
            var start = source.Count == source.Feed.Count ? index * piece : (int)((long)index * (source.Feed.Count - length) / Math.Max(1, pieces - 1));
            var place = index * piece;
            using var scope = NewDisposeScope();
            ItemValue[] values = [.. Enumerable.Range(0, count).Select(column => exact
                ? ItemValues.RootColumn(source.Model.Objective, column)
                : Mixture(column, place))];
            gradients.Visit(source.Feed, start, length, values, rows =>
            {
                using var inner = NewDisposeScope();
                using var noGradient = no_grad();
                work(rows.Flat(), (index + 1.0) / pieces);
            });
        }
    }

    private ItemValue Mixture(int repeat, int first)
    {
        var curvature = new OutputCurvature(source.Model.Objective);
        return (outputs, batch) =>
        {
            var mixed = (outputs * curvature.Mix(outputs.detach(), source.Signs(outputs, repeat, first))).sum([outputs.dim() - 1]);
            return IsText ? ItemValues.PerText(batch, mixed.flatten()) : mixed;
        };
    }
}
