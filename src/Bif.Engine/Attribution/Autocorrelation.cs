namespace Bif.Engine.Attribution;

/// <summary>Autocorrelations of traces [chain][draw], averaged over chains.</summary>
internal static class Autocorrelation
{
    /// <summary>Lag 0 to <paramref name="lags"/>, each chain around its own mean, summed over chains before dividing.</summary>
    public static double[] Of(IReadOnlyList<double[]> chains, int lags)
    {
        var sums = new double[lags + 1];
        foreach (var chain in chains)
        {
            var mean = chain.Length > 0 ? chain.Average() : 0;
            for (var lag = 0; lag <= lags && lag < chain.Length; lag++)
            {
                var sum = 0.0;
                for (var draw = 0; draw + lag < chain.Length; draw++)
                {
                    sum += (chain[draw] - mean) * (chain[draw + lag] - mean);
                }

                sums[lag] += sum;
            }
        }

        return sums[0] > 0 ? [.. sums.Select(sum => sum / sums[0])] : [1, .. new double[lags]];
    }

    /// <summary>
    /// 1 + 2·Σρ over Geyer's initial positive sequence (sums of neighbouring pairs, until one is negative): draws per
    /// independent draw. Geyer 1992.
    /// </summary>
    public static double Time(double[] correlations)
    {
        var time = 1.0;
        for (var lag = 1; lag + 1 < correlations.Length; lag += 2)
        {
            var pair = correlations[lag] + correlations[lag + 1];
            if (pair <= 0)
            {
                break;
            }

            time += 2 * pair;
        }

        return Math.Max(time, 1);
    }

    /// <summary>Split R̂ (Gelman et al., Bayesian Data Analysis 3, section 11.4): each chain in halves.</summary>
    public static double SplitRhat(IReadOnlyList<double[]> chains)
    {
        var halves = chains.Where(chain => chain.Length >= 4)
            .SelectMany(chain => new[] { chain[..(chain.Length / 2)], chain[(chain.Length - (chain.Length / 2))..] }).ToList();
        if (halves.Count < 2)
        {
            return double.NaN;
        }

        var length = halves.Min(half => half.Length);
        var means = halves.Select(half => half[..length].Average()).ToArray();
        var grand = means.Average();
        var between = length * means.Sum(mean => (mean - grand) * (mean - grand)) / (means.Length - 1);
        var within = halves.Select((half, index) => half[..length].Sum(value => (value - means[index]) * (value - means[index])) / (length - 1)).Average();
        return within > 0 ? Math.Sqrt((((length - 1.0) / length * within) + (between / length)) / within) : between > 0 ? double.PositiveInfinity : 1;
    }
}
