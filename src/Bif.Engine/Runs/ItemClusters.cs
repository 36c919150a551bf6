using System.Numerics.Tensors;
using Bif.Engine.Traces;
using Bif.Kernels;

namespace Bif.Engine.Runs;

/// <summary>Training items whose losses rise and fall together.</summary>
/// <param name="Number">From 1, the largest cluster first.</param>
/// <param name="Items">Its items, by rising index.</param>
/// <param name="Typical">The item nearest to the centre.</param>
/// <param name="Cohesion">Mean cosine of its items with the centre, 0 to 1.</param>
public sealed record ItemCluster(int Number, int[] Items, int Typical, double Cohesion);

/// <summary>
/// Divides a run's training items by how their losses move along the draws: each item's losses, less its mean in each chain,
/// scaled to length 1, less the mean of all items at each draw (the common mode, which says nothing about groups) and scaled
/// again; then k-means by cosine, the best of several starts. Follows from the traces alone.
/// </summary>
public static class ItemClusters
{
    /// <summary>The number of clusters where none is asked for.</summary>
    public const int UsualCount = 10;

    // More draws refine a correlation of hundreds of draws little, and cost memory.
    private const int MostDraws = 512;
    private const int Starts = 4;
    private const int MostRounds = 50;

    /// <summary>The clusters, the largest first; fewer than asked for where items do not differ.</summary>
    /// <param name="store">The traces.</param>
    /// <param name="count">How many clusters, from 2 to the number of items.</param>
    /// <exception cref="InputException">The count is out of range, or there are too few draws.</exception>
    public static IReadOnlyList<ItemCluster> Of(TraceStore store, int count)
    {
        var items = store.Shape.TrainItems;
        if (count < 2 || count > items)
        {
            throw new InputException($"{count} clusters of {items:N0} items: ask for 2 to {items:N0}.");
        }

        var rows = Directions(store);
        var best = Enumerable.Range(0, Starts).Select(start => Divide(rows, count, start)).MaxBy(each => each.Total)!;
        return
        [
            .. Enumerable.Range(0, items).GroupBy(item => best.Nearest[item])
                .OrderByDescending(group => group.Count()).ThenBy(group => group.First())
                .Select((group, place) => new ItemCluster(
                    place + 1, [.. group], group.MaxBy(item => best.Cosine[item]), Math.Clamp(group.Average(item => (double)best.Cosine[item]), 0, 1))),
        ];
    }

    // Unit vectors [item][draw]; 0 for an item whose loss does not move, or moves as all do.
    private static float[][] Directions(TraceStore store)
    {
        var items = store.Shape.TrainItems;
        var draws = Enumerable.Range(0, store.Shape.Chains).Select(chain => store.CompleteDraws(chain) is >= 2 and var complete ? complete : 0).ToArray();
        var total = draws.Sum(each => (long)each);
        if (total < 4)
        {
            throw new InputException($"The trace in {store.Directory} has too few draws for clusters.");
        }

        var every = (int)Math.Max(1, (total + MostDraws - 1) / MostDraws);
        var rows = Enumerable.Range(0, items).Select(_ => new float[draws.Sum(each => (each + every - 1) / every)]).ToArray();
        var (first, losses) = (0, new float[items]);
        for (var chain = 0; chain < draws.Length; chain++)
        {
            var kept = (draws[chain] + every - 1) / every;
            for (var draw = 0; draw < kept; draw++)
            {
                store.ReadTrain(chain, draw * every, 1, 0, items, losses);
                for (var item = 0; item < items; item++)
                {
                    rows[item][first + draw] = losses[item];
                }
            }

            Parallel.ForEach(rows, row => Centre(row.AsSpan(first, kept)));
            first += kept;
        }

        Parallel.ForEach(rows, Scale);
        var common = new float[rows[0].Length];
        foreach (var row in rows)
        {
            TensorPrimitives.Add(common, row, common);
        }

        TensorPrimitives.Divide(common, items, common);
        Parallel.ForEach(rows, row =>
        {
            TensorPrimitives.Subtract(row, common, row);
            Scale(row);
        });
        return rows;
    }

    private static void Centre(Span<float> values)
    {
        if (values.Length > 0)
        {
            TensorPrimitives.Subtract(values, (float)(TensorPrimitives.Sum(values) / values.Length), values);
        }
    }

    private static void Scale(float[] row)
    {
        var length = TensorPrimitives.Norm<float>(row);
        if (length > 1e-6f)
        {
            TensorPrimitives.Divide(row, length, row);
        }
        else
        {
            row.AsSpan().Clear();
        }
    }

    private static Division Divide(float[][] rows, int count, int start)
    {
        var centres = Spread(rows, count, start);
        var division = Assign(rows, centres);
        for (var round = 0; round < MostRounds; round++)
        {
            centres = [.. centres.Select(_ => new float[rows[0].Length])];
            for (var item = 0; item < rows.Length; item++)
            {
                TensorPrimitives.Add(centres[division.Nearest[item]], rows[item], centres[division.Nearest[item]]);
            }

            foreach (var centre in centres)
            {
                Scale(centre);
            }

            var next = Assign(rows, centres);
            if (next.Nearest.AsSpan().SequenceEqual(division.Nearest))
            {
                return next;
            }

            division = next;
        }

        return division;
    }

    // k-means++: each further centre is an item, drawn by its squared distance to the nearest one so far.
    private static float[][] Spread(float[][] rows, int count, int start)
    {
        var stream = new PhiloxStream((ulong)start, uint.MaxValue, PhiloxPurpose.Diagnostics, (ulong)count);
        var centres = new List<float[]> { rows[stream.NextInt(rows.Length)] };
        var distance = Enumerable.Repeat(double.PositiveInfinity, rows.Length).ToArray();
        while (centres.Count < count)
        {
            Parallel.For(0, rows.Length, item => distance[item] = Math.Min(distance[item], Math.Max(0, 1 - TensorPrimitives.Dot<float>(rows[item], centres[^1]))));
            var left = stream.NextDouble() * distance.Sum();
            var chosen = 0;
            while (chosen < rows.Length - 1 && (left -= distance[chosen]) > 0)
            {
                chosen++;
            }

            centres.Add(rows[chosen]);
        }

        return [.. centres];
    }

    private static Division Assign(float[][] rows, float[][] centres)
    {
        var (nearest, cosine) = (new int[rows.Length], new float[rows.Length]);
        Parallel.For(0, rows.Length, item =>
        {
            cosine[item] = float.NegativeInfinity;
            for (var centre = 0; centre < centres.Length; centre++)
            {
                var value = TensorPrimitives.Dot<float>(rows[item], centres[centre]);
                if (value > cosine[item])
                {
                    (nearest[item], cosine[item]) = (centre, value);
                }
            }
        });
        return new(nearest, cosine, cosine.Sum(value => (double)value));
    }

    private sealed record Division(int[] Nearest, float[] Cosine, double Total);
}
