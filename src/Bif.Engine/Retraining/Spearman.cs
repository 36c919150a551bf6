namespace Bif.Engine.Retraining;

/// <summary>Spearman's rank correlation: Pearson's of the ranks, ties having their mean rank.</summary>
public static class Spearman
{
    /// <summary>The correlation of two lists of equal length; NaN where one of them is constant.</summary>
    public static double Of(ReadOnlySpan<double> first, ReadOnlySpan<double> second)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(second.Length, first.Length, nameof(second));
        var once = new int[first.Length];
        once.AsSpan().Fill(1);
        return Of(new RankOrder(first), new RankOrder(second), once);
    }

    /// <summary>The same of the sample in which entry s occurs <c>times[s]</c> times.</summary>
    internal static double Of(RankOrder first, RankOrder second, ReadOnlySpan<int> times)
    {
        var (x, y) = (new double[times.Length], new double[times.Length]);
        first.Ranks(times, x);
        second.Ranks(times, y);
        double total = 0, xx = 0, yy = 0, xy = 0;
        foreach (var count in times)
        {
            total += count;
        }

        var mean = (total + 1) / 2;
        for (var index = 0; index < times.Length; index++)
        {
            var (dx, dy) = (x[index] - mean, y[index] - mean);
            xx += times[index] * dx * dx;
            yy += times[index] * dy * dy;
            xy += times[index] * dx * dy;
        }

        return xx > 0 && yy > 0 ? xy / Math.Sqrt(xx * yy) : double.NaN;
    }
}
