namespace Bif.Engine.Calibration;

/// <summary>
/// How strongly a run is to be localized. Less damping r = γ/nβ shows more of the curvature but needs more draws: the noise
/// constant of a run grows as 7 to 10 times d_eff(r) = Σ λ/(λ + r). The best d_eff was 60 to 100 at 1,000 effective draws and
/// 110 to 200 at 10,000, and never above a third of the items.
/// </summary>
public static class Damping
{
    private const double DrawFactor = 2.5;
    private const long RankBytes = 112L << 20;
    private const int LeastRank = 50;

    /// <summary>Parameters beyond which a useful number of directions takes too much memory.</summary>
    public const long MostParameters = RankBytes / (sizeof(float) * LeastRank);


    /// <summary>The effective dimension to aim at.</summary>
    /// <param name="items">n, training items.</param>
    /// <param name="effectiveDraws">Independent draws that the run will be worth.</param>
    public static double Dimension(int items, double effectiveDraws) => Math.Max(1, Math.Min(items / 3.0, DrawFactor * Math.Sqrt(effectiveDraws)));

    /// <summary>
    /// The effective dimension to aim at where a control variate takes the noise out, so that the draws set no limit: a fifth of
    /// the items (measured: docs/quality.md), and no more than the curvature's directions can show.
    /// </summary>
    public static double ControlledDimension(int items, int? rank) => Math.Max(1, Math.Min(items / 5.0, rank ?? double.PositiveInfinity));

    /// <summary>Directions of a low-rank curvature that the dimension needs: where d_eff(r) is their number, the last has about r/2.</summary>
    public static int Rank(int items, long parameters) => (int)Math.Clamp(items / 5, LeastRank, Math.Max(LeastRank, Math.Min(1000, RankBytes / (sizeof(float) * parameters))));

    /// <summary>r with d_eff(r) = <paramref name="dimension"/>, by bisection on a logarithmic scale.</summary>
    /// <param name="eigenvalues">λ of the mean loss's curvature; those that are 0 do not count.</param>
    /// <param name="dimension">The effective dimension wanted.</param>
    public static double Solve(double[] eigenvalues, double dimension)
    {
        var positive = eigenvalues.Where(value => value > 0).ToArray();
        if (positive.Length == 0)
        {
            throw new InputException("The curvature at the checkpoint is zero in every direction: the model's outputs do not depend on the sampled parameters.");
        }

        // Never more than the directions there are: half of them leaves r a number.
        var target = Math.Min(dimension, positive.Length / 2.0);
        var (low, high) = (Math.Log(positive.Min()) - 10, Math.Log(positive.Max()) + 20);
        for (var round = 0; round < 80; round++)
        {
            var middle = (low + high) / 2;
            var r = Math.Exp(middle);
            (low, high) = positive.Sum(value => value / (value + r)) > target ? (middle, high) : (low, middle);
        }

        return Math.Exp((low + high) / 2);
    }
}
