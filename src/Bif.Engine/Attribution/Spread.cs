namespace Bif.Engine.Attribution;

/// <summary>How a number is distributed over items.</summary>
/// <param name="Median">Half of the items are below.</param>
/// <param name="Percentile99">99 % are at or below.</param>
/// <param name="Max">The largest.</param>
public sealed record Spread(double Median, double Percentile99, double Max)
{
    /// <summary>Of nothing.</summary>
    public static Spread None { get; } = new(double.NaN, double.NaN, double.NaN);

    /// <summary>Of the values that are numbers.</summary>
    public static Spread Of(IEnumerable<double> values)
    {
        var sorted = values.Where(value => !double.IsNaN(value)).Order().ToArray();
        return sorted.Length == 0
            ? None
            : new(MedianOf(sorted), sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * 0.99))], sorted[^1]);
    }

    /// <summary>The median of the values that are numbers; NaN of none.</summary>
    public static double MedianOf(IEnumerable<double> values)
    {
        var sorted = values.Where(value => !double.IsNaN(value)).Order().ToArray();
        return sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
