using Bif.Engine.Attribution;

namespace Bif.Engine.Retraining;

/// <summary>How alike the rankings of several methods are, pair by pair, as means over the queries.</summary>
/// <param name="Methods">Their names.</param>
/// <param name="Top">How many of the most helpful items overlaps are of: 10, or all where there are fewer.</param>
/// <param name="RankCorrelation">Spearman's correlation over items [method][method]; NaN where no query's scores vary in both.</param>
/// <param name="Overlap">The share of the most helpful items that both name [method][method].</param>
public sealed record MethodAgreement(IReadOnlyList<string> Methods, int Top, double[][] RankCorrelation, double[][] Overlap)
{
    private const int UsualTop = 10;

    /// <summary>Compares matrices of one shape.</summary>
    /// <param name="methods">The methods.</param>
    /// <param name="queries">Number of queries.</param>
    /// <exception cref="InputException">A matrix cannot be read.</exception>
    public static MethodAgreement Of(IReadOnlyList<MethodScores> methods, int queries)
    {
        var count = methods.Count;
        var (correlations, overlaps, known) = (Square(count), Square(count), Square(count));
        var top = UsualTop;
        Parallel.For(0, queries, query =>
        {
            // A query's rows are ranked once, for all pairs.
            var rows = methods.Select(method => method.Row(query)).ToArray();
            var orders = rows.Select(row => new RankOrder([.. row.Select(score => (double)score)])).ToArray();
            var best = rows.Select(row => Ranking.Smallest(row, UsualTop).Select(each => each.Item).ToHashSet()).ToArray();
            var once = new int[rows[0].Length];
            once.AsSpan().Fill(1);
            for (var a = 0; a < count; a++)
            {
                for (var b = 0; b < count; b++)
                {
                    var correlation = a == b && orders[a].Groups > 1 ? 1 : b < a ? double.NaN : Spearman.Of(orders[a], orders[b], once);
                    lock (known)
                    {
                        top = best[a].Count;
                        overlaps[a][b] += best[a].Intersect(best[b]).Count() / (double)best[a].Count / queries;
                        if (double.IsFinite(correlation))
                        {
                            correlations[a][b] += correlation;
                            known[a][b]++;
                        }
                    }
                }
            }
        });
        for (var a = 0; a < count; a++)
        {
            for (var b = a; b < count; b++)
            {
                correlations[a][b] = correlations[b][a] = known[a][b] > 0 ? correlations[a][b] / known[a][b] : double.NaN;
            }
        }

        return new(methods.Select(method => method.Name).ToList(), top, correlations, overlaps);
    }

    /// <summary>The agreement of two methods; null where one of them was not compared.</summary>
    public (double RankCorrelation, double Overlap)? Between(string first, string second)
        => (Place(first), Place(second)) is (>= 0 and var a, >= 0 and var b) ? (RankCorrelation[a][b], Overlap[a][b]) : null;

    private int Place(string method) => Methods.ToList().IndexOf(method);

    private static double[][] Square(int count) => [.. Enumerable.Range(0, count).Select(_ => new double[count])];
}
