namespace Bif.Engine.Attribution;

/// <summary>Sums over items of one query's scores; they add up over blocks of items.</summary>
/// <param name="Items">Items with variance.</param>
/// <param name="A">Σ of the covariances of the run's first half.</param>
/// <param name="B">Σ of those of the second half.</param>
/// <param name="AA">Σ of squares of the first.</param>
/// <param name="BB">Σ of squares of the second.</param>
/// <param name="AB">Σ of products of both: an estimate of ΣCov² without noise bias.</param>
/// <param name="Best">Largest correlation.</param>
/// <param name="Extreme">Largest |correlation|.</param>
internal readonly record struct ScoreTotals(double Items, double A, double B, double AA, double BB, double AB, float Best, float Extreme)
{
    /// <summary>No items.</summary>
    public static ScoreTotals None { get; } = new(0, 0, 0, 0, 0, 0, -1, 0);

    /// <summary>Both together.</summary>
    public static ScoreTotals operator +(ScoreTotals left, ScoreTotals right) => new(
        left.Items + right.Items, left.A + right.A, left.B + right.B, left.AA + right.AA, left.BB + right.BB, left.AB + right.AB,
        Math.Max(left.Best, right.Best), Math.Max(left.Extreme, right.Extreme));

    /// <summary>
    /// Correlation over items of the two halves' covariances, which is the correlation over all half subsets of the items of
    /// their subset sums: for subsets of a fixed size drawn at random, Cov(Σa, Σb) is proportional to Σ(a−ā)(b−b̄).
    /// NaN if a half has no spread.
    /// </summary>
    public double SplitHalf()
    {
        var (aa, bb, ab) = (AA - (A * A / Items), BB - (B * B / Items), AB - (A * B / Items));
        return aa > 0 && bb > 0 ? Math.Clamp(ab / Math.Sqrt(aa * bb), -1, 1) : double.NaN;
    }
}
