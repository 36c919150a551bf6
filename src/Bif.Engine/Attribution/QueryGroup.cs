using System.Numerics;
using System.Numerics.Tensors;
using Bif.Engine.Traces;

namespace Bif.Engine.Attribution;

/// <summary>
/// The losses of some queries at all draws, each chain around its own mean (in double precision, before rounding to
/// float32), laid out for <see cref="CrossProducts"/>, with their sums per batch of draws.
/// </summary>
internal sealed unsafe class QueryGroup : IDisposable
{
    private readonly AlignedFloats _centred;
    private readonly DrawBatch[] _batches;
    private readonly long[] _chainOffset;
    private float _sign = 1;

    private QueryGroup(int first, int count, DrawBatch[] batches, int chains)
    {
        (First, Count, _batches) = (first, count, batches);
        Padded = (count + CrossProducts.QueryStep - 1) / CrossProducts.QueryStep * CrossProducts.QueryStep;
        _chainOffset = new long[chains];
        var draws = 0L;
        foreach (var batch in batches)
        {
            _chainOffset[batch.Chain] = batch.First == 0 ? draws : _chainOffset[batch.Chain];
            draws += batch.Count;
        }

        PanelStride = draws * CrossProducts.QueryStep;
        _centred = new(draws * Padded);
        ChainMeans = new double[chains][];
        Sums = [.. batches.Select(_ => new double[count])];
        Squares = [.. batches.Select(_ => new double[count])];
    }

    /// <summary>Index of the first query.</summary>
    public int First { get; }

    /// <summary>Number of queries.</summary>
    public int Count { get; }

    /// <summary>The number of queries, padded with queries of zeros.</summary>
    public int Padded { get; }

    /// <summary>Elements from one panel of queries to the next.</summary>
    public long PanelStride { get; }

    /// <summary>What was subtracted: [chain][query], null for a chain that is left out.</summary>
    public double[][] ChainMeans { get; }

    /// <summary>Σy of the centred losses: [batch][query].</summary>
    public double[][] Sums { get; }

    /// <summary>Σy² of the centred losses: [batch][query].</summary>
    public double[][] Squares { get; }

    /// <summary>Reads queries from a store.</summary>
    /// <param name="store">The traces.</param>
    /// <param name="batches">The batches of draws.</param>
    /// <param name="first">The first query.</param>
    /// <param name="count">How many.</param>
    /// <param name="negative">Whether the panels hold the negative of the losses, so that their products are subtracted.</param>
    public static QueryGroup Read(TraceStore store, DrawBatch[] batches, int first, int count, bool negative = false)
    {
        var group = new QueryGroup(first, count, batches, store.Shape.Chains) { _sign = negative ? -1 : 1 };
        Parallel.ForEach(batches.GroupBy(batch => batch.Chain), chain =>
        {
            var losses = new float[checked(chain.Last().End * count)];
            store.ReadQuery(chain.Key, 0, chain.Last().End, first, count, losses);
            group.Fill(chain.Key, losses);
        });

        return group;
    }

    /// <summary>Takes series of any origin: [chain][draw × query].</summary>
    public static QueryGroup Of(IReadOnlyList<double[]> series, DrawBatch[] batches, int count)
    {
        var group = new QueryGroup(0, count, batches, series.Count);
        foreach (var chain in batches.Select(batch => batch.Chain).Distinct())
        {
            group.Fill(chain, series[chain]);
        }

        return group;
    }

    /// <summary>The centred losses of a chain from a draw on, as panels [query / 4][draw][4].</summary>
    public float* Panels(int chain, int draw) => _centred.Pointer + ((_chainOffset[chain] + draw) * CrossProducts.QueryStep);

    /// <summary>The losses of one query in a chain.</summary>
    public double[] Trace(int chain, int query, int draws)
    {
        var trace = new double[draws];
        for (var draw = 0; draw < draws; draw++)
        {
            trace[draw] = (_sign * *At(chain, draw, query)) + ChainMeans[chain][query];
        }

        return trace;
    }

    /// <inheritdoc/>
    public void Dispose() => _centred.Dispose();

    private float* At(int chain, int draw, int query)
        => Panels(chain, draw) + (query / CrossProducts.QueryStep * PanelStride) + (query % CrossProducts.QueryStep);

    private void Fill<T>(int chain, T[] losses) where T : unmanaged, INumber<T>
    {
        // Around the first draw, so that the mean of a constant trace is that constant, exactly.
        var origin = Row(losses, 0);
        var (sum, row) = (new double[Count], new double[Count]);
        var draws = losses.Length / Count;
        for (var draw = 0; draw < draws; draw++)
        {
            Centre(losses, draw, origin, row);
            TensorPrimitives.Add(sum, row, sum);
        }

        var mean = new double[Count];
        for (var query = 0; query < Count; query++)
        {
            mean[query] = origin[query] + (sum[query] / draws);
        }

        ChainMeans[chain] = mean;
        for (var b = 0; b < _batches.Length; b++)
        {
            for (var draw = _batches[b].First; _batches[b].Chain == chain && draw < _batches[b].End; draw++)
            {
                Centre(losses, draw, mean, row);
                Take(row, At(chain, draw, 0), Sums[b], Squares[b]);
            }
        }
    }

    // One draw into the panels. The sums are those of the rounded values, which are what the products see.
    private void Take(double[] row, float* target, double[] sums, double[] squares)
    {
        for (var first = 0; first < row.Length; first += CrossProducts.QueryStep)
        {
            for (var query = first; query < Math.Min(first + CrossProducts.QueryStep, row.Length); query++)
            {
                var centred = (float)row[query];
                target[query - first] = _sign * centred;
                sums[query] += centred;
                squares[query] += (double)centred * centred;
            }

            target += PanelStride;
        }
    }

    private double[] Row<T>(T[] losses, int draw) where T : unmanaged, INumber<T>
    {
        var row = new double[Count];
        TensorPrimitives.ConvertTruncating<T, double>(losses.AsSpan(draw * Count, Count), row);
        return row;
    }

    private void Centre<T>(T[] losses, int draw, double[] centre, double[] row) where T : unmanaged, INumber<T>
    {
        TensorPrimitives.ConvertTruncating<T, double>(losses.AsSpan(draw * Count, Count), row);
        TensorPrimitives.Subtract(row, centre, row);
    }
}
