using Bif.Engine.Traces;

namespace Bif.Engine.Attribution;

/// <summary>The queries' losses at all complete draws, shifted, with their sums per batch of draws.</summary>
internal sealed class QueryMoments
{
    /// <summary>Reads the queries of a run and forms the sums.</summary>
    public QueryMoments(TraceStore store, IReadOnlyList<DrawBatch> batches)
    {
        var count = store.Shape.QueryItems;
        Losses = [.. Enumerable.Range(0, store.Shape.Chains).Select(store.ReadQueries)];
        Shift = new float[count];
        var first = Losses.First(losses => losses.Length > 0);
        first.AsSpan(0, count).CopyTo(Shift);
        foreach (var losses in Losses)
        {
            for (var index = 0; index < losses.Length; index++)
            {
                losses[index] -= Shift[index % count];
            }
        }

        Sums = new double[batches.Count][];
        Squares = new double[batches.Count][];
        for (var batch = 0; batch < batches.Count; batch++)
        {
            Sums[batch] = new double[count];
            Squares[batch] = new double[count];
            for (var draw = batches[batch].First; draw < batches[batch].First + batches[batch].Count; draw++)
            {
                for (var query = 0; query < count; query++)
                {
                    double value = Losses[batches[batch].Chain][(draw * count) + query];
                    Sums[batch][query] += value;
                    Squares[batch][query] += value * value;
                }
            }
        }
    }

    /// <summary>Shifted losses per chain: [draws, q].</summary>
    public float[][] Losses { get; }

    /// <summary>What was subtracted from each query's losses.</summary>
    public float[] Shift { get; }

    /// <summary>Sums of the shifted losses: [batch][query].</summary>
    public double[][] Sums { get; }

    /// <summary>Sums of their squares: [batch][query].</summary>
    public double[][] Squares { get; }

    /// <summary>One query's shifted trace per chain.</summary>
    public List<double[]> Trace(int query, int count) => [.. Losses.Where(losses => losses.Length > 0)
        .Select(losses => Enumerable.Range(0, losses.Length / count).Select(draw => (double)losses[(draw * count) + query]).ToArray())];
}
