using System.Runtime.Intrinsics;

namespace Bif.Engine.Attribution;

/// <summary>
/// What diagnostics need from the pass over the traces. Blocks of items may be added from several threads in any order;
/// numbers that enter scores or rankings do not depend on the order.
/// </summary>
internal sealed class RunStatistics
{
    private const int TopCount = 10;
    private const int SampledItems = 32;
    private const int SampledQueries = 32;

    // Correlations up to here have nearly the error of a null pair: 1 − r² is above 0.9.
    private const double Unrelated = 0.3;
    private readonly Lock _gate = new();
    private readonly DrawBatch[] _batches;
    private readonly TopList[][] _halfTop;
    private readonly List<double> _errors = [];

    /// <summary>Prepares for a run.</summary>
    public RunStatistics(DrawBatch[] batches, int chains, int items, int queries)
    {
        _batches = batches;
        int[] draws = [.. Enumerable.Range(0, chains).Select(chain => batches.Where(batch => batch.Chain == chain).Sum(batch => batch.Count))];
        MeanLoss = [.. draws.Select(count => new double[count])];
        Watched = new(items, SampledItems, draws);
        Totals = [.. Enumerable.Repeat(ScoreTotals.None, queries)];
        QueryVariance = new double[queries];
        QueryRhat = new double[queries];
        ItemRhat = new double[items];
        ItemVariance = new double[items];
        _halfTop = [.. Enumerable.Range(0, 2).Select(_ => Enumerable.Range(0, queries).Select(_ => new TopList(TopCount)).ToArray())];
    }

    /// <summary>Mean training loss: [chain][draw], after all blocks.</summary>
    public double[][] MeanLoss { get; }

    /// <summary>Traces of sampled items.</summary>
    public SampledTraces Watched { get; }

    /// <summary>Traces of sampled queries with variance: [sampled query][chain][draw].</summary>
    public List<double[][]> WatchedQueries { get; } = [];

    /// <summary>Sums over items, by query.</summary>
    public ScoreTotals[] Totals { get; }

    /// <summary>Var(ℓ_q), by query.</summary>
    public double[] QueryVariance { get; }

    /// <summary>Var(ℓ_i), by item: its self-influence; 0 for constant ones.</summary>
    public double[] ItemVariance { get; }

    /// <summary>Split R̂ by query; NaN for constant ones.</summary>
    public double[] QueryRhat { get; }

    /// <summary>Split R̂ by item; NaN for constant ones.</summary>
    public double[] ItemRhat { get; }

    /// <summary>ΣVar(ℓ_i).</summary>
    public double SummedVariance { get; private set; }

    /// <summary>Items without variance.</summary>
    public SortedSet<int> ConstantItems { get; } = [];

    /// <summary>Items with values that are not finite, which count among the constant ones.</summary>
    public int NonFiniteItems { get; private set; }

    /// <summary>Share of the top ten that the two halves of the run have in common, by query.</summary>
    public double TopOverlap(int query)
    {
        var (first, second) = (_halfTop[0][query].Items, _halfTop[1][query].Items);
        return first.Count == 0 ? double.NaN : first.Intersect(second).Count() / (double)first.Count;
    }

    /// <summary>Adds a group of queries.</summary>
    public void Add(QueryGroup queries, BlockScores scores)
    {
        for (var query = 0; query < queries.Count; query++)
        {
            QueryVariance[queries.First + query] = scores.QueryVariance(query);
            QueryRhat[queries.First + query] = QueryVariance[queries.First + query] > 0
                ? Rhat((chain, b) => (queries.Sums[b][query], queries.Squares[b][query], queries.ChainMeans[chain][query]))
                : double.NaN;
            var stride = Math.Max(1, QueryVariance.Length / SampledQueries);
            if ((queries.First + query) % stride == 0 && WatchedQueries.Count < SampledQueries && QueryVariance[queries.First + query] > 0)
            {
                WatchedQueries.Add([.. MeanLoss.Select((chain, index) => queries.Trace(index, query, chain.Length))]);
            }
        }
    }

    /// <summary>Adds a block of items by itself, once.</summary>
    public void Add(ItemBlockSums sums, ItemMoments items, double freedom)
    {
        var variance = items.TotalSquares.Sum() / freedom;
        items.WriteRhat(ItemRhat.AsSpan(sums.First, sums.Count));
        for (var item = 0; item < sums.Count; item++)
        {
            ItemVariance[sums.First + item] = items.TotalSquares[item] / freedom;
        }

        lock (_gate)
        {
            SummedVariance += variance;
            NonFiniteItems += items.NonFinite;
            ConstantItems.UnionWith(Enumerable.Range(0, sums.Count).Where(items.IsConstant).Select(item => sums.First + item));
            for (var chain = 0; chain < MeanLoss.Length; chain++)
            {
                for (var draw = 0; draw < MeanLoss[chain].Length; draw++)
                {
                    MeanLoss[chain][draw] += (sums.ShiftedTotals[chain][draw] + sums.ShiftTotal[chain]) / ItemRhat.Length;
                }
            }
        }
    }

    /// <summary>
    /// Independent draws that the correlations of a control variate are worth: 1/SE² of nearly unrelated pairs, median over
    /// sampled pairs; NaN without such pairs.
    /// </summary>
    public double WorthOfDraws() => 1 / Spread.MedianOf(_errors);

    /// <summary>Adds the scores of a query against a block of items.</summary>
    public void Add(int query, int firstItem, int count, QueryScores scores)
    {
        if (query % Math.Max(1, Totals.Length / SampledQueries) == 0)
        {
            SampleErrors(firstItem, count, scores);
        }

        lock (_halfTop[0][query])
        {
            Totals[query] += scores.Totals;
            for (var half = 0; half < 2; half++)
            {
                _halfTop[half][query].Offer(scores.HalfCorrelation[half].AsSpan(0, count), firstItem);
            }
        }
    }

    private void SampleErrors(int firstItem, int count, QueryScores scores)
    {
        var stride = Math.Max(1, ItemRhat.Length / SampledItems);
        lock (_errors)
        {
            for (var item = (stride - (firstItem % stride)) % stride; item < count; item += stride)
            {
                if (scores.CorrelationError[item] is > 0 and var error && Math.Abs(scores.Correlation[item]) < Unrelated)
                {
                    _errors.Add((double)error * error);
                }
            }
        }
    }

    private double Rhat(Func<int, int, (double Sum, double Squares, double Offset)> moments)
    {
        var halves = new SplitRhat.Moments();
        for (var b = 0; b < _batches.Length;)
        {
            var (chain, late, count, sum, squares, offset) = (_batches[b].Chain, _batches[b].Late, 0, 0.0, 0.0, 0.0);
            for (; b < _batches.Length && _batches[b].Chain == chain && _batches[b].Late == late; b++)
            {
                var batch = moments(chain, b);
                count += _batches[b].Count;
                sum += batch.Sum;
                squares += batch.Squares;
                offset = batch.Offset;
            }

            halves.Add(count, Vector512.Create(offset + (sum / count)), Vector512.Create(squares - (sum * sum / count)));
        }

        return halves.Value[0];
    }
}
