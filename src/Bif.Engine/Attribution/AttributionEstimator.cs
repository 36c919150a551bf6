using Bif.Engine.Traces;
using Bif.Kernels;
using static TorchSharp.torch;

namespace Bif.Engine.Attribution;

/// <summary>
/// From traces to scores: tiles of items × all draws are reduced to sums, so that memory is bounded by a tile whatever n
/// and the number of draws. Writes scores/ and returns the diagnostics.
/// </summary>
public sealed class AttributionEstimator
{
    private const int TopCount = 10;
    private const int MaskCount = 32;
    private const int SampledItems = 32;
    private readonly TraceStore _store;
    private readonly AttributionOptions _options;
    private readonly IReadOnlyList<DrawBatch> _batches;
    private readonly QueryMoments _queries;
    private readonly double[][] _meanLoss;
    private readonly TopList[] _best;
    private readonly TopList[][] _halfBest;
    private readonly double[][,] _subsetSums;
    private readonly Dictionary<int, double[][]> _sampled = [];
    private readonly double[,]? _sampledScores;
    private readonly Lock _gate = new();
    private double _summedVariance;
    private int _constantItems;

    private AttributionEstimator(TraceStore store, AttributionOptions options)
    {
        _store = store;
        _options = options;
        _batches = DrawBatch.Divide(store);
        if (_batches.Count == 0)
        {
            throw new InputException("The run has no complete block of draws yet: there is nothing to estimate from.");
        }

        _queries = new QueryMoments(store, _batches);
        var queries = store.Shape.QueryItems;
        _meanLoss = [.. Enumerable.Range(0, store.Shape.Chains).Select(chain => new double[store.CompleteDraws(chain)])];
        _best = [.. Enumerable.Range(0, queries).Select(_ => new TopList(1))];
        _halfBest = [.. Enumerable.Range(0, 2).Select(_ => Enumerable.Range(0, queries).Select(_ => new TopList(TopCount)).ToArray())];
        _subsetSums = [new double[queries, MaskCount], new double[queries, MaskCount]];
        _sampledScores = options.Cosine is { } cosine ? new double[cosine.Queries.Length, cosine.Items.Length] : null;
    }

    /// <summary>Estimates from the complete blocks of a store.</summary>
    /// <param name="store">The traces.</param>
    /// <param name="scoresDirectory">Where the score files go; replaced together at the end.</param>
    /// <param name="options">Centring, threads, gradient cosines.</param>
    /// <param name="progress">Receives the finished share, 0 to 1.</param>
    public static Diagnostics Run(TraceStore store, string scoresDirectory, AttributionOptions options, Action<double>? progress = null)
    {
        var estimator = new AttributionEstimator(store, options);
        using (var files = new ScoreFiles(scoresDirectory, store.Shape.QueryItems, store.Shape.TrainItems))
        {
            estimator.OverTiles(files, progress);
            files.Publish();
        }

        return estimator.Diagnose();
    }

    private void OverTiles(ScoreFiles files, Action<double>? progress)
    {
        var next = -1;
        var done = 0;
        Exception? failure = null;
        var workers = Enumerable.Range(0, Math.Min(_options.Threads, _store.TrainColumns)).Select(_ => new Thread(() =>
        {
            set_num_threads(1);
            try
            {
                for (var column = Interlocked.Increment(ref next); column < _store.TrainColumns && failure is null; column = Interlocked.Increment(ref next))
                {
                    Process(column, files);
                    progress?.Invoke((double)Interlocked.Increment(ref done) / _store.TrainColumns);
                }
            }
            catch (Exception error)
            {
                failure = error;
            }
        })).ToList();
        workers.ForEach(worker => worker.Start());
        workers.ForEach(worker => worker.Join());
        if (failure is not null)
        {
            throw failure is InputException ? failure : new InvalidOperationException("The estimate failed.", failure);
        }
    }

    private void Process(int column, ScoreFiles files)
    {
        var meanLoss = _meanLoss.Select(chain => new double[chain.Length]).ToArray();
        var items = _store.Shape.TrainItems;
        var sampled = Enumerable.Range(0, Math.Min(SampledItems, items)).Select(index => (int)((long)index * items / Math.Min(SampledItems, items))).ToList();
        var tile = new ItemTile(_store, column, _batches, _queries, meanLoss, sampled);
        var scores = new TileScores(_batches, tile, _queries, _options.Centering);
        var room = new QueryScores(_batches.Count, tile.Count);
        var masks = Masks(tile.First, tile.Count);
        var negated = new float[tile.Count];
        for (var query = 0; query < _store.Shape.QueryItems; query++)
        {
            scores.Score(query, room);
            System.Numerics.Tensors.TensorPrimitives.Negate(room.Covariance, negated);
            files.Write(ScoreFiles.Bif, query, tile.First, negated);
            files.Write(ScoreFiles.BifError, query, tile.First, room.CovarianceError);
            files.Write(ScoreFiles.Correlation, query, tile.First, room.Correlation);
            files.Write(ScoreFiles.CorrelationError, query, tile.First, room.CorrelationError);
            Collect(query, tile, room, masks);
        }

        lock (_gate)
        {
            for (var chain = 0; chain < _meanLoss.Length; chain++)
            {
                for (var draw = 0; draw < _meanLoss[chain].Length; draw++)
                {
                    _meanLoss[chain][draw] += meanLoss[chain][draw] / items;
                }
            }

            foreach (var deviation in scores.Deviation)
            {
                _summedVariance += (double)deviation * deviation;
                _constantItems += deviation > 0 ? 0 : 1;
            }

            foreach (var (item, trace) in tile.Sampled)
            {
                _sampled[item] = trace;
            }
        }
    }

    private void Collect(int query, ItemTile tile, QueryScores room, float[][] masks)
    {
        var sums = new double[2, MaskCount];
        for (var half = 0; half < 2; half++)
        {
            for (var mask = 0; mask < MaskCount; mask++)
            {
                sums[half, mask] = System.Numerics.Tensors.TensorPrimitives.Dot<float>(masks[mask], room.HalfCovariance[half]);
            }
        }

        lock (_gate)
        {
            _best[query].Offer(room.Correlation, tile.First);
            for (var half = 0; half < 2; half++)
            {
                _halfBest[half][query].Offer(room.HalfCorrelation[half], tile.First);
                for (var mask = 0; mask < MaskCount; mask++)
                {
                    _subsetSums[half][query, mask] += sums[half, mask];
                }
            }

            if (_options.Cosine is { } cosine && Array.IndexOf(cosine.Queries, query) is >= 0 and var row)
            {
                for (var column = 0; column < cosine.Items.Length; column++)
                {
                    var item = cosine.Items[column] - tile.First;
                    if (item >= 0 && item < tile.Count)
                    {
                        _sampledScores![row, column] = room.Correlation[item];
                    }
                }
            }
        }
    }

    // Random half subsets, as ±1 so that a constant offset cancels; the same whatever the tiles.
    private static float[][] Masks(int first, int count) => [.. Enumerable.Range(0, MaskCount).Select(mask =>
        Enumerable.Range(first, count).Select(item =>
            (Philox.Generate(0, 0, (uint)item, (uint)PhiloxPurpose.Diagnostics << 24, (uint)mask, 0).W0 & 1) == 0 ? 1f : -1f).ToArray())];

    private Diagnostics Diagnose()
    {
        var queryCount = _store.Shape.QueryItems;
        var items = _store.Shape.TrainItems;
        var meanLoss = _meanLoss.Where(chain => chain.Length > 0).ToList();
        var draws = meanLoss.Sum(chain => chain.Length);
        var lags = Math.Min(200, meanLoss.Min(chain => chain.Length) / 2);
        var meanCorrelation = Autocorrelation.Of(meanLoss, lags);
        var queryTraces = Enumerable.Range(0, Math.Min(queryCount, 64)).Select(query => _queries.Trace(query, queryCount)).ToList();
        var itemTraces = _sampled.Values.Select(trace => trace.Where(chain => chain.Length > 0).ToList()).ToList();
        var queryCorrelations = queryTraces.Select(trace => Autocorrelation.Of(trace, lags)).ToList();
        var itemCorrelations = itemTraces.Select(trace => Autocorrelation.Of(trace, lags)).ToList();
        var products = Enumerable.Range(0, lags + 1)
            .Select(lag => queryCorrelations.Average(each => each[lag]) * itemCorrelations.Average(each => each[lag])).ToArray();
        var essProducts = draws / Autocorrelation.Time(products);
        var rhats = queryTraces.Select(Autocorrelation.SplitRhat).Where(double.IsFinite).DefaultIfEmpty(double.NaN).ToList();
        var floor = NoiseFloor.Of(essProducts, items);
        var best = _best.Select(list => (double)list.Best).ToList();
        var reliability = Reliability();
        var initial = _store.ReadInitial();
        return new Diagnostics(
            draws,
            meanLoss.Count,
            draws / Autocorrelation.Time(meanCorrelation),
            Median(queryCorrelations.Concat(itemCorrelations).Select(each => draws / Autocorrelation.Time(each))),
            essProducts,
            Autocorrelation.SplitRhat(meanLoss),
            Median(rhats),
            rhats.Max(),
            meanLoss.Average(chain => Pearson(chain, [.. Enumerable.Range(0, chain.Length).Select(draw => (double)draw)])),
            lags > 0 ? meanCorrelation[1] : 0,
            initial.Train.Average(value => (double)value),
            meanLoss.Sum(chain => chain.Sum()) / draws,
            BetweenWithin(meanLoss),
            _summedVariance > 0 ? Variance(meanLoss) * items / _summedVariance : 0,
            floor,
            best.Count(value => value > floor) / (double)queryCount,
            Median(best),
            Median(Enumerable.Range(0, queryCount).Select(query =>
                _halfBest[0][query].Items.Intersect(_halfBest[1][query].Items).Count() / (double)Math.Min(TopCount, items))),
            reliability,
            Math.Sqrt(reliability),
            reliability > 0 ? essProducts * (1 - reliability) / reliability : double.PositiveInfinity,
            Agreement(),
            _constantItems,
            queryTraces.Count(trace => trace.All(chain => chain.All(value => value == 0))));
    }

    // Spearman-Brown of the correlation between halves over random subsets, mean over queries with variance.
    private double Reliability()
    {
        var values = new List<double>();
        for (var query = 0; query < _store.Shape.QueryItems; query++)
        {
            double[] Row(int half) => [.. Enumerable.Range(0, MaskCount).Select(mask => _subsetSums[half][query, mask])];
            var correlation = Pearson(Row(0), Row(1));
            if (double.IsFinite(correlation))
            {
                values.Add(Math.Max(0, 2 * correlation / (1 + correlation)));
            }
        }

        return values.Count > 0 ? values.Average() : 0;
    }

    private double? Agreement()
    {
        if (_options.Cosine is not { } cosine)
        {
            return null;
        }

        var rows = Enumerable.Range(0, cosine.Queries.Length).Select(row => Pearson(
            [.. Enumerable.Range(0, cosine.Items.Length).Select(column => cosine.Cosine[row, column])],
            [.. Enumerable.Range(0, cosine.Items.Length).Select(column => _sampledScores![row, column])]));
        var finite = rows.Where(double.IsFinite).ToList();
        return finite.Count > 0 ? Median(finite) : null;
    }

    private static double BetweenWithin(List<double[]> chains)
    {
        var grand = chains.Average(chain => chain.Average());
        var within = chains.Average(chain => chain.Average(value => (value - chain.Average()) * (value - chain.Average())));
        return within > 0 ? chains.Average(chain => (chain.Average() - grand) * (chain.Average() - grand)) / within : 0;
    }

    private static double Variance(List<double[]> chains)
        => chains.Sum(chain => { var mean = chain.Average(); return chain.Sum(value => (value - mean) * (value - mean)); })
            / Math.Max(1, chains.Sum(chain => chain.Length) - chains.Count);

    private static double Pearson(double[] x, double[] y)
    {
        double meanX = x.Average(), meanY = y.Average(), xy = 0, xx = 0, yy = 0;
        for (var index = 0; index < x.Length; index++)
        {
            xy += (x[index] - meanX) * (y[index] - meanY);
            xx += (x[index] - meanX) * (x[index] - meanX);
            yy += (y[index] - meanY) * (y[index] - meanY);
        }

        return xx > 0 && yy > 0 ? xy / Math.Sqrt(xx * yy) : double.NaN;
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? double.NaN : sorted[sorted.Length / 2];
    }
}
