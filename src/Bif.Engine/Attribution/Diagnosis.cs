using Bif.Engine.Arrays;
using Bif.Engine.Traces;

namespace Bif.Engine.Attribution;

/// <summary>Forms the diagnostics of a run from what the pass over the traces collected (SAMPLING section 7).</summary>
internal static class Diagnosis
{
    private const double MostNoise = 0.2;
    private static readonly int[] Lags = [1, 2, 5, 10, 20, 50, 100];

    /// <summary>Forms the diagnostics.</summary>
    public static Diagnostics Of(TraceStore store, RunStatistics run, AttributionOptions options, string scoresDirectory)
    {
        var chains = run.MeanLoss.Where(chain => chain.Length > 0).ToList();
        var live = Enumerable.Range(0, run.Totals.Length).Where(query => run.QueryVariance[query] > 0).ToArray();
        var basis = new Diagnostics
        {
            Draws = chains.Sum(chain => chain.Length),
            Chains = chains.Count,
            NonFiniteDraws = chains.Sum(chain => chain.Count(loss => !double.IsFinite(loss))),
            NonFiniteItems = run.NonFiniteItems,
            ConstantTrainItems = run.ConstantItems.Count - run.NonFiniteItems,
            ConstantQueries = run.Totals.Length - live.Length,
            InitialTrainLoss = store.ReadInitial().Train.Average(loss => (double)loss),
            MeanTrainLoss = chains.Sum(chain => chain.Sum()) / chains.Sum(chain => chain.Length),
            MeanTrainLossByTenth = [.. Enumerable.Range(0, 10).Select(tenth => MeanOfTenth(chains, tenth))],
            ChanceLoss = options.ChanceLoss,
        };
        return basis.NonFiniteDraws > 0 ? basis : Complete(basis, run, options, scoresDirectory, chains, live);
    }

    private static Diagnostics Complete(
        Diagnostics basis, RunStatistics run, AttributionOptions options, string scoresDirectory, List<double[]> chains, int[] live)
    {
        var essProducts = options.Control is not null ? run.WorthOfDraws() : Products(run, options.Threads);
        var ess = run.Watched.Traces.Concat(run.WatchedQueries).AsParallel().WithDegreeOfParallelism(options.Threads)
            .Select(trace => Autocorrelation.EffectiveSampleSize(trace)).ToArray();
        var floor = NoiseFloor.Of(essProducts, run.ItemRhat.Length);
        var within = chains.Select(Autocorrelation.Variance).Average();
        var between = chains.Count > 1 ? Autocorrelation.Variance([.. chains.Select(chain => chain.Average())]) : 0;
        var drifts = chains.Select(chain => Correlation(chain, Index(chain.Length))).ToArray();
        var reliability = Spread.MedianOf(live.Select(query => SpearmanBrown(run.Totals[query].SplitHalf())));
        var (agreement, corrected) = Agreement(options, run, scoresDirectory);
        return basis with
        {
            EssMeanLoss = Autocorrelation.EffectiveSampleSize(chains),
            EssItemLoss = Spread.MedianOf(ess),
            EssItemLossMin = ess.DefaultIfEmpty(double.NaN).Min(),
            EssProducts = essProducts,
            MeanLossAutocorrelation = Lags.Where(lag => lag < chains.Max(chain => chain.Length) / 2)
                .ToDictionary(lag => lag, lag => Autocorrelation.At(chains, lag)),
            RhatMeanLoss = SplitRhat.Of(chains),
            RhatQueries = Spread.Of(run.QueryRhat),
            RhatItems = Spread.Of(run.ItemRhat),
            QueriesDisagreeing = Share(live, query => run.QueryRhat[query] > Verdict.RhatLimit),
            Drift = drifts.Average(),
            DriftByChain = drifts,
            DriftError = 1 / Math.Sqrt(Autocorrelation.EffectiveSampleSize([.. chains.Select(Detrended)])),
            BetweenWithinVariance = within > 0 ? between / within : 0,
            CommonModeFraction = run.SummedVariance > 0 ? within * run.ItemRhat.Length / run.SummedVariance : 0,
            NoiseFloor = floor,
            QueriesAboveFloor = Share(live, query => run.Totals[query].Best > floor),
            MedianTopCorrelation = Spread.MedianOf(live.Select(query => (double)run.Totals[query].Best)),
            MedianExtremeCorrelation = Spread.MedianOf(live.Select(query => (double)run.Totals[query].Extreme)),
            TopOverlap = live.Select(run.TopOverlap).Where(overlap => !double.IsNaN(overlap)).DefaultIfEmpty(double.NaN).Average(),
            Reliability = reliability,
            LdsNoiseFactor = Math.Sqrt(reliability),
            FirstOrderControl = options.Control is not null,
            NoiseConstant = options.Control is not null ? basis.Draws * (1 - reliability) / reliability : Spread.MedianOf(live.Select(query => run.Totals[query].AB > 0
                ? run.QueryVariance[query] * run.SummedVariance / run.Totals[query].AB
                : double.PositiveInfinity)),
            LowRankAgreement = LowRankAgreement(options, scoresDirectory),
            GradientCosineAgreement = agreement,
            GradientCosineAgreementCorrected = corrected,
        };
    }

    // Median over pairs of a sampled item and a sampled query of the effective sample size of their product.
    private static double Products(RunStatistics run, int threads)
    {
        var items = run.Watched.Traces.Where(trace => Autocorrelation.Products(trace, trace).Any(chain => chain.Any(square => square > 0))).ToList();
        var queries = run.WatchedQueries;
        var pairs = items.Count == 0 || queries.Count == 0 ? 0 : Math.Max(items.Count, queries.Count);
        return pairs == 0
            ? double.NaN
            : Spread.MedianOf(Enumerable.Range(0, pairs).AsParallel().WithDegreeOfParallelism(threads).Select(pair =>
                Autocorrelation.EffectiveSampleSize(Autocorrelation.Products(items[pair % items.Count], queries[pair % queries.Count]))).ToArray());
    }

    private static (double? Agreement, double? Corrected) Agreement(AttributionOptions options, RunStatistics run, string scoresDirectory)
    {
        if (options.Cosine is not { } cosine)
        {
            return (null, null);
        }

        var (agreements, noise) = (new List<double>(), new List<double>());
        for (var row = 0; row < cosine.Queries.Length; row++)
        {
            var scores = NpyFile.ReadRow<float>(ScoreFiles.PathOf(scoresDirectory, ScoreFiles.Correlation), cosine.Queries[row]);
            var errors = NpyFile.ReadRow<float>(ScoreFiles.PathOf(scoresDirectory, ScoreFiles.CorrelationError), cosine.Queries[row]);
            var columns = Enumerable.Range(0, cosine.Items.Length).Where(column => !run.ConstantItems.Contains(cosine.Items[column])).ToArray();
            double[] sampled = [.. columns.Select(column => (double)scores[cosine.Items[column]])];
            var agreement = Correlation(sampled, [.. columns.Select(column => cosine.Cosine[row, column])]);
            if (columns.Length >= 3 && !double.IsNaN(agreement))
            {
                agreements.Add(agreement);
                noise.Add(columns.Average(column => (double)errors[cosine.Items[column]] * errors[cosine.Items[column]]) / Autocorrelation.Variance(sampled));
            }
        }

        if (agreements.Count == 0)
        {
            return (null, null);
        }

        var (median, share) = (Spread.MedianOf(agreements), Spread.MedianOf(noise));
        return (median, share <= MostNoise ? Math.Min(1, median / Math.Sqrt(1 - share)) : null);
    }

    private static double? LowRankAgreement(AttributionOptions options, string scoresDirectory)
    {
        if (options.Cosine is not { Influence: { } influence } sample)
        {
            return null;
        }

        double[] agreements = [.. Enumerable.Range(0, sample.Queries.Length).Select(row =>
        {
            var scores = NpyFile.ReadRow<float>(ScoreFiles.PathOf(scoresDirectory, ScoreFiles.Bif), sample.Queries[row]);
            var columns = Enumerable.Range(0, sample.Items.Length);
            return Correlation([.. columns.Select(column => -(double)scores[sample.Items[column]])], [.. columns.Select(column => influence[row, column])]);
        })];
        return Spread.MedianOf(agreements);
    }

    private static double SpearmanBrown(double halves) => Math.Max(0, 2 * halves / (1 + halves));

    private static double Share(int[] queries, Func<int, bool> predicate)
        => queries.Length == 0 ? double.NaN : queries.Count(predicate) / (double)queries.Length;

    private static double MeanOfTenth(List<double[]> chains, int tenth)
    {
        var losses = chains.SelectMany(chain =>
        {
            var first = (int)((long)chain.Length * tenth / 10);
            return chain[first..Math.Max(first + 1, (int)((long)chain.Length * (tenth + 1) / 10))];
        });
        return losses.Average();
    }

    private static double[] Detrended(double[] chain)
    {
        var index = Index(chain.Length);
        var slope = Correlation(chain, index) * Math.Sqrt(Autocorrelation.Variance(chain) / Autocorrelation.Variance(index));
        return [.. chain.Select((loss, draw) => loss - (slope * draw))];
    }

    private static double[] Index(int length) => [.. Enumerable.Range(0, length).Select(draw => (double)draw)];

    /// <summary>Pearson's correlation; 0 where one of the two is constant, NaN where there are none.</summary>
    internal static double Correlation(double[] x, double[] y)
    {
        if (x.Length == 0)
        {
            return double.NaN;
        }

        double meanX = x.Average(), meanY = y.Average(), xy = 0, xx = 0, yy = 0;
        for (var index = 0; index < x.Length; index++)
        {
            xy += (x[index] - meanX) * (y[index] - meanY);
            xx += (x[index] - meanX) * (x[index] - meanX);
            yy += (y[index] - meanY) * (y[index] - meanY);
        }

        return xx > 0 && yy > 0 ? xy / Math.Sqrt(xx * yy) : 0;
    }
}
