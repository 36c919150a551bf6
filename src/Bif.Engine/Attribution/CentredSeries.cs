using Bif.Engine.Traces;

namespace Bif.Engine.Attribution;

/// <summary>One number per draw of all chains with two or more draws, and its products with another such series.</summary>
internal static class CentredSeries
{
    /// <summary>The losses of a query around their mean: [chain][draw].</summary>
    public static double[][] OfQuery(TraceStore store, int query, Centering centering) => Read(store, centering, (chain, first, count, sums) =>
    {
        var losses = new float[count];
        store.ReadQuery(chain, first, count, query, 1, losses);
        for (var draw = 0; draw < count; draw++)
        {
            sums[first + draw] = losses[draw];
        }
    });

    /// <summary>The summed losses of training items around their mean; memory is one block of draws.</summary>
    /// <param name="store">The traces.</param>
    /// <param name="members">Which items count, by index; null for all.</param>
    /// <param name="centering">Around each chain's mean, or that of all.</param>
    public static double[][] OfItems(TraceStore store, bool[]? members, Centering centering)
    {
        var items = store.Shape.TrainItems;
        var losses = new float[(long)store.Shape.DrawsPerBlock * items];
        return Read(store, centering, (chain, first, count, sums) =>
        {
            store.ReadTrain(chain, first, count, 0, items, losses.AsSpan(0, count * items));
            for (var draw = 0; draw < count; draw++)
            {
                var sum = 0.0;
                for (var item = 0; item < items; item++)
                {
                    sum += members is null || members[item] ? losses[(draw * items) + item] : 0;
                }

                sums[first + draw] = sum;
            }
        });
    }

    /// <summary>Σ x·y over all draws.</summary>
    public static double Product(double[][] x, double[][] y)
        => x.Zip(y, (a, b) => a.Zip(b, (p, q) => p * q).Sum()).Sum();

    /// <summary>Draws less one per mean that was taken out.</summary>
    public static double Freedom(double[][] x, Centering centering) => Math.Max(1, centering == Centering.Pooled
        ? x.Sum(chain => chain.Length) - 1
        : x.Sum(chain => Math.Max(0, chain.Length - 1)));

    // Chains of a single draw say nothing about covariance and stay empty.
    private static double[][] Read(TraceStore store, Centering centering, Action<int, int, int, double[]> read)
    {
        var series = new double[store.Shape.Chains][];
        for (var chain = 0; chain < series.Length; chain++)
        {
            var draws = store.CompleteDraws(chain);
            series[chain] = new double[draws >= 2 ? draws : 0];
            for (var first = 0; first < series[chain].Length; first += store.Shape.DrawsPerBlock)
            {
                read(chain, first, Math.Min(store.Shape.DrawsPerBlock, series[chain].Length - first), series[chain]);
            }
        }

        foreach (var together in centering == Centering.Pooled ? [series] : series.Select(chain => new[] { chain }))
        {
            var mean = together.SelectMany(chain => chain).DefaultIfEmpty().Average();
            foreach (var chain in together)
            {
                System.Numerics.Tensors.TensorPrimitives.Subtract(chain, mean, chain);
            }
        }

        return series;
    }
}
