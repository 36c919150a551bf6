using Bif.Kernels;

namespace Bif.Engine.Retraining;

/// <summary>
/// The linear datamodelling score (LDS) of a matrix of scores: Spearman's correlation, over random subsets, of a query's
/// summed scores with its loss after retraining on the subset; mean over queries (Park et al., arXiv 2303.14186, section 2).
/// </summary>
/// <param name="Mean">Mean over the queries that have one.</param>
/// <param name="PerQuery">The correlation of each query; NaN where predictions or losses are constant.</param>
/// <param name="ConstantPredictions">Queries whose predictions do not differ between subsets; they are left out.</param>
/// <param name="ConstantLosses">Queries whose retrained losses do not differ, left out as well.</param>
/// <param name="Resampled">The mean over queries on each resample of the subsets.</param>
public sealed record DatamodelingScore(double Mean, double[] PerQuery, int ConstantPredictions, int ConstantLosses, double[] Resampled)
{
    private const double Tail = 0.025;

    /// <summary>The 95 % interval of the mean, from the bootstrap over subsets.</summary>
    public (double Low, double High) Interval => Around(Mean, Resampled);

    /// <summary>This score minus another's: the difference of the means, and its 95 % interval on the same resamples.</summary>
    public (double Low, double Difference, double High) Minus(DatamodelingScore other)
    {
        var difference = Mean - other.Mean;
        var (low, high) = Around(difference, [.. Resampled.Zip(other.Resampled, (mine, its) => mine - its)]);
        return (low, difference, high);
    }

    /// <summary>Judges scores.</summary>
    /// <param name="truth">The retrained losses.</param>
    /// <param name="scores">A query's scores [item] in the sense of BIF: negative = helpful. May be asked from several threads.</param>
    /// <param name="resamples">Resamples of the subsets; the same ones for every matrix, so that differences are paired.</param>
    /// <param name="seed">Seed of the resamples.</param>
    public static DatamodelingScore Of(RetrainedLosses truth, Func<int, float[]> scores, int resamples, ulong seed)
    {
        var predictions = new RankOrder[truth.Queries];
        Parallel.For(0, truth.Queries, query => predictions[query] = truth.Predict(scores(query)));
        var once = new int[truth.Subsets];
        once.AsSpan().Fill(1);
        double[] perQuery = [.. predictions.Select((prediction, query) => Spearman.Of(prediction, truth.Order(query), once))];
        var resampled = new double[resamples];
        Parallel.For(0, resamples, resample =>
        {
            var times = new int[truth.Subsets];
            var stream = new PhiloxStream(seed, uint.MaxValue, PhiloxPurpose.Retraining, (ulong)resample);
            for (var draw = 0; draw < times.Length; draw++)
            {
                times[stream.NextInt(times.Length)]++;
            }

            resampled[resample] = MeanOf(predictions.Select((prediction, query) => Spearman.Of(prediction, truth.Order(query), times)));
        });
        return new(
            MeanOf(perQuery),
            perQuery,
            predictions.Count(prediction => prediction.Groups < 2),
            Enumerable.Range(0, truth.Queries).Count(query => truth.Order(query).Groups < 2 && predictions[query].Groups >= 2),
            resampled);
    }

    // Percentiles, shifted so that their middle is the estimate: resamples hold subsets twice, and such ties lower rank
    // correlations a little.
    private static (double Low, double High) Around(double estimate, double[] resampled)
    {
        var shift = estimate - Percentile(resampled, 0.5);
        return (Percentile(resampled, Tail) + shift, Percentile(resampled, 1 - Tail) + shift);
    }

    // The value below which a share of the finite values lies, linear between them; NaN if there are none.
    private static double Percentile(IEnumerable<double> values, double share)
    {
        var sorted = values.Where(double.IsFinite).Order().ToArray();
        if (sorted.Length == 0)
        {
            return double.NaN;
        }

        var position = share * (sorted.Length - 1);
        var below = (int)position;
        return sorted[below] + ((position - below) * (sorted[Math.Min(below + 1, sorted.Length - 1)] - sorted[below]));
    }

    private static double MeanOf(IEnumerable<double> correlations) => correlations.Where(double.IsFinite).DefaultIfEmpty(double.NaN).Average();
}
