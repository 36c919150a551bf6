namespace Bif.Engine.Calibration;

/// <summary>
/// How strongly a run is to be localized. Less damping r = γ/nβ shows more of the curvature but needs more draws: the noise
/// constant of a run grows as 7 to 10 times d_eff(r) = Σ λ/(λ + r). The best d_eff was 60 to 100 at 1,000 effective draws and
/// 110 to 200 at 10,000, and never above a third of the items.
/// </summary>
public static class Damping
{
    /// <summary>
    /// Agreement of first-order correlations with gradient cosines at which Kronecker factors foretold retraining best, on digits and
    /// on a convolutional network alike (docs/quality.md).
    /// </summary>
    public const double CosineAgreement = 0.75;

    private const double DrawFactor = 2.5;

    // Where the draws set no limit, of few and of many observations (measured: docs/quality.md).
    private const double RootFactor = 6.5;
    private const double LeastShare = 1 / 5.0;
    private const double MostShare = 1 / 2.0;
    private const long RankBytes = 112L << 20;
    private const long RankBytesOnGpu = 1L << 30;
    private const int UsualLeastRank = 50;
    private const int LeastRank = 8;
    private const int MostRank = 1000;

    /// <summary>The effective dimension to aim at.</summary>
    /// <param name="items">n, training items.</param>
    /// <param name="effectiveDraws">Independent draws that the run will be worth.</param>
    public static double Dimension(int items, double effectiveDraws) => Math.Max(1, Math.Min(items / 3.0, DrawFactor * Math.Sqrt(effectiveDraws)));

    /// <summary>
    /// The effective dimension to aim at where a control variate takes the noise out, so that the draws set no limit: half of the
    /// observations where they are few, 6.5 times their root up to a thousand, a fifth beyond, and no more than the curvature's
    /// directions can show.
    /// </summary>
    /// <param name="observations">Items, or the tokens of texts.</param>
    /// <param name="rank">Directions of a low-rank curvature, or null.</param>
    public static double ControlledDimension(long observations, int? rank) => Math.Max(1, Math.Min(Undrawn(observations), rank ?? double.PositiveInfinity));

    /// <summary>Directions of a low-rank curvature that the dimension needs, as far as memory allows: where d_eff(r) is their number, the last has about r/2.</summary>
    /// <param name="observations">Items, or the tokens of texts.</param>
    /// <param name="parameters">Sampled parameters.</param>
    /// <param name="onGpu">Whether the directions lie in a GPU's memory.</param>
    public static int Rank(long observations, long parameters, bool onGpu)
    {
        var most = Math.Clamp(Room(parameters, onGpu), LeastRank, MostRank);
        return (int)Math.Clamp(Math.Ceiling(Undrawn(observations)), Math.Min(UsualLeastRank, most), most);
    }

    /// <summary>
    /// Whether there is room for so many leading directions that they foretell more than Kronecker factors: a third of those that the
    /// dimension needs; of texts, whose factors serve less, the fewest (docs/quality.md).
    /// </summary>
    /// <param name="items">n, training items.</param>
    /// <param name="parameters">Sampled parameters.</param>
    /// <param name="isText">Whether the items are texts.</param>
    /// <param name="onGpu">Whether the directions lie in a GPU's memory.</param>
    public static bool PrefersDirections(int items, long parameters, bool isText, bool onGpu)
        => Room(parameters, onGpu) >= (isText ? UsualLeastRank : Undrawn(items) / 3);

    private static long Room(long parameters, bool onGpu) => (onGpu ? RankBytesOnGpu : RankBytes) / (sizeof(float) * parameters);

    private static double Undrawn(long observations) => Math.Min(MostShare * observations, Math.Max(LeastShare * observations, RootFactor * Math.Sqrt(observations)));

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
