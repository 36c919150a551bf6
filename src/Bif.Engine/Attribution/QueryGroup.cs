using Bif.Engine.Traces;

namespace Bif.Engine.Attribution;

/// <summary>
/// The losses of some queries at all draws, each chain around its own mean (in double precision, before rounding to
/// float32), laid out for <see cref="CrossProducts"/>, with their sums per batch of draws.
/// </summary>
internal sealed unsafe class QueryGroup : IDisposable
{
    private readonly AlignedFloats _centred;
    private readonly long[] _chainOffset;

    private QueryGroup(int first, int count, DrawBatch[] batches, int chains)
    {
        (First, Count) = (first, count);
        Padded = (count + CrossProducts.QueryStep - 1) / CrossProducts.QueryStep * CrossProducts.QueryStep;
        _chainOffset = new long[chains];
        var draws = 0L;
        foreach (var batch in batches)
        {
            _chainOffset[batch.Chain] = batch.First == 0 ? draws : _chainOffset[batch.Chain];
            draws += batch.Count;
        }

        _centred = new(draws * Padded);
        ChainMeans = new double[chains][];
        Sums = [.. batches.Select(_ => new double[count])];
        Squares = [.. batches.Select(_ => new double[count])];
    }

    /// <summary>Index of the first query.</summary>
    public int First { get; }

    /// <summary>Number of queries.</summary>
    public int Count { get; }

    /// <summary>Row length of <see cref="Rows"/>: the number of queries, padded with zeros.</summary>
    public int Padded { get; }

    /// <summary>What was subtracted: [chain][query], null for a chain that is left out.</summary>
    public double[][] ChainMeans { get; }

    /// <summary>Σy of the centred losses: [batch][query].</summary>
    public double[][] Sums { get; }

    /// <summary>Σy² of the centred losses: [batch][query].</summary>
    public double[][] Squares { get; }

    /// <summary>Reads queries from a store.</summary>
    public static QueryGroup Read(TraceStore store, DrawBatch[] batches, int first, int count)
    {
        var group = new QueryGroup(first, count, batches, store.Shape.Chains);
        foreach (var chain in batches.GroupBy(batch => batch.Chain))
        {
            var losses = new float[checked(chain.Last().End * count)];
            store.ReadQuery(chain.Key, 0, chain.Last().End, first, count, losses);
            group.Fill(chain.Key, batches, index => losses[index]);
        }

        return group;
    }

    /// <summary>Takes series of any origin: [chain][draw, query].</summary>
    public static QueryGroup Of(IReadOnlyList<double[]> series, DrawBatch[] batches, int count)
    {
        var group = new QueryGroup(0, count, batches, series.Count);
        foreach (var chain in batches.Select(batch => batch.Chain).Distinct())
        {
            group.Fill(chain, batches, index => series[chain][index]);
        }

        return group;
    }

    /// <summary>The centred losses [draw, <see cref="Padded"/>] of a chain from a draw on.</summary>
    public float* Rows(int chain, int draw) => _centred.Pointer + ((_chainOffset[chain] + draw) * Padded);

    /// <summary>The losses of one query in a chain.</summary>
    public double[] Trace(int chain, int query, int draws)
    {
        var trace = new double[draws];
        for (var draw = 0; draw < draws; draw++)
        {
            trace[draw] = Rows(chain, draw)[query] + ChainMeans[chain][query];
        }

        return trace;
    }

    /// <inheritdoc/>
    public void Dispose() => _centred.Dispose();

    private void Fill(int chain, DrawBatch[] batches, Func<int, double> loss)
    {
        var draws = batches.Where(batch => batch.Chain == chain).Sum(batch => batch.Count);
        // Around the first draw, so that the mean of a constant trace is that constant, exactly.
        double[] mean = [.. Enumerable.Range(0, Count).Select(loss)];
        double[] sum = new double[Count];
        for (var index = 0; index < draws * Count; index++)
        {
            sum[index % Count] += loss(index) - mean[index % Count];
        }

        for (var query = 0; query < Count; query++)
        {
            mean[query] += sum[query] / draws;
        }

        ChainMeans[chain] = mean;
        for (var b = 0; b < batches.Length; b++)
        {
            for (var draw = batches[b].First; batches[b].Chain == chain && draw < batches[b].End; draw++)
            {
                var row = Rows(chain, draw);
                for (var query = 0; query < Count; query++)
                {
                    // The sums are those of the rounded values, which are what the products see.
                    row[query] = (float)(loss((draw * Count) + query) - mean[query]);
                    Sums[b][query] += row[query];
                    Squares[b][query] += (double)row[query] * row[query];
                }
            }
        }
    }
}
