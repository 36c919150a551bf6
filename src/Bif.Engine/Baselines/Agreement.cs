using Bif.Engine.Attribution;
using Bif.Engine.Retraining;

namespace Bif.Engine.Baselines;

/// <summary>How alike two methods' scores are, as means over queries.</summary>
/// <param name="RankCorrelation">Spearman's correlation over items; null where no query's scores vary in both.</param>
/// <param name="TopOverlap">The share of the most helpful items that both name.</param>
/// <param name="Top">How many items that are: 10, or all where there are fewer.</param>
public sealed record Agreement(double? RankCorrelation, double TopOverlap, int Top)
{
    /// <summary>Compares matrices [query, item], row-major, both negative = helpful.</summary>
    public static Agreement Of(float[] first, float[] second, int items)
    {
        var (queries, top) = (first.Length / items, Math.Min(10, items));
        var (correlations, overlaps) = (new double[queries], new double[queries]);
        Parallel.For(0, queries, query =>
        {
            ReadOnlySpan<float> a = first.AsSpan(query * items, items), b = second.AsSpan(query * items, items);
            correlations[query] = Spearman.Of(Doubles(a), Doubles(b));
            overlaps[query] = Names(a, top).Intersect(Names(b, top)).Count() / (double)top;
        });
        double[] known = [.. correlations.Where(double.IsFinite)];
        return new(known.Length > 0 ? known.Average() : null, overlaps.Average(), top);
    }

    private static IEnumerable<int> Names(ReadOnlySpan<float> scores, int top) => Ranking.Smallest(scores, top).Select(each => each.Item);

    private static double[] Doubles(ReadOnlySpan<float> values)
    {
        var result = new double[values.Length];
        for (var index = 0; index < result.Length; index++)
        {
            result[index] = values[index];
        }

        return result;
    }
}
