namespace Bif.Engine.Attribution;

/// <summary>Autocorrelations and effective sample sizes of traces [chain][draw].</summary>
public static class Autocorrelation
{
    /// <summary>Autocorrelation at one lag, each chain around its own mean, pooled over chains; 0 for constant traces.</summary>
    public static double At(IReadOnlyList<double[]> chains, int lag)
    {
        var (product, square) = (0.0, 0.0);
        foreach (var chain in chains.Where(chain => chain.Length > 0))
        {
            var mean = chain.Average();
            for (var draw = 0; draw < chain.Length; draw++)
            {
                square += (chain[draw] - mean) * (chain[draw] - mean);
                product += draw + lag < chain.Length ? (chain[draw] - mean) * (chain[draw + lag] - mean) : 0;
            }
        }

        return square > 0 ? product / square : 0;
    }

    /// <summary>
    /// Effective sample size of all chains together, between 1 and the number of draws: N/(1 + 2Σρ), ρ combining variance
    /// within and between chains, the sum cut by Geyer's initial monotone sequence (Vehtari et al. 2021, arXiv 1903.08008,
    /// equations 10 to 11, without ranks). N for constant traces.
    /// </summary>
    public static double EffectiveSampleSize(IReadOnlyList<double[]> chains)
    {
        chains = [.. chains.Where(chain => chain.Length >= 4)];
        var total = chains.Sum(chain => chain.Length);
        if (total == 0)
        {
            return 1;
        }

        var length = chains.Min(chain => chain.Length);
        var means = chains.Select(chain => chain.Average()).ToArray();
        var within = chains.Select((chain, index) => Covariance(chain, means[index], 0) * chain.Length / (chain.Length - 1)).Average();
        var between = chains.Count > 1 ? Variance(means) : 0;
        var pooled = (within * (length - 1) / length) + between;
        if (!(pooled > 0))
        {
            return total;
        }

        double Correlation(int lag) => 1 - ((within - chains.Select((chain, index) =>
            Covariance(chain, means[index], lag) * chain.Length / (chain.Length - 1)).Average()) / pooled);
        var time = -1.0;
        var last = double.PositiveInfinity;
        for (var lag = 0; lag + 1 < length; lag += 2)
        {
            var pair = Math.Min(last, (lag == 0 ? 1 : Correlation(lag)) + Correlation(lag + 1));
            if (pair <= 0)
            {
                break;
            }

            time += 2 * pair;
            last = pair;
        }

        return Math.Clamp(total / Math.Max(time, 1), 1, total);
    }

    /// <summary>Draw-wise products of two traces, each chain around its own means: what a covariance averages.</summary>
    public static double[][] Products(IReadOnlyList<double[]> x, IReadOnlyList<double[]> y) => [.. x.Zip(y, (xs, ys) =>
    {
        var (xMean, yMean) = xs.Length > 0 ? (xs.Average(), ys.Average()) : (0, 0);
        return xs.Zip(ys, (a, b) => (a - xMean) * (b - yMean)).ToArray();
    })];

    internal static double Variance(double[] values)
    {
        var mean = values.Average();
        return values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1);
    }

    private static double Covariance(double[] chain, double mean, int lag)
    {
        var sum = 0.0;
        for (var draw = 0; draw + lag < chain.Length; draw++)
        {
            sum += (chain[draw] - mean) * (chain[draw + lag] - mean);
        }

        return sum / chain.Length;
    }
}
