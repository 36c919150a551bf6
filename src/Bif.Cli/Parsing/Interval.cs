namespace Bif.Cli.Parsing;

/// <summary>The values that a numeric option accepts.</summary>
/// <param name="Lowest">The lower end.</param>
/// <param name="Highest">The upper end.</param>
/// <param name="Open">Whether the lower end itself is refused.</param>
internal sealed record Interval(double Lowest, double Highest, bool Open)
{
    /// <summary>Numbers above a bound.</summary>
    public static Interval Above(double bound) => new(bound, double.MaxValue, true);

    /// <summary>Positive numbers up to a bound.</summary>
    public static Interval AboveZeroTo(double bound) => new(0, bound, true);

    /// <summary>Numbers not below a bound.</summary>
    public static Interval AtLeast(double bound) => new(bound, double.MaxValue, false);

    /// <summary>Numbers between two bounds, both included.</summary>
    public static Interval Between(double lowest, double highest) => new(lowest, highest, false);

    /// <summary>Whether the value lies inside; NaN and infinities never do.</summary>
    public bool Contains(double value) => value <= Highest && (Open ? value > Lowest : value >= Lowest);

    /// <inheritdoc/>
    public override string ToString() => (Open, Highest) switch
    {
        (true, double.MaxValue) => $"above {Lowest}",
        (false, double.MaxValue) => $"of at least {Lowest}",
        (true, _) => $"above {Lowest} and at most {Highest}",
        (false, _) => $"from {Lowest} to {Highest}",
    };
}
