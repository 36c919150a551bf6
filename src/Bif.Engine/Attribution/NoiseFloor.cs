namespace Bif.Engine.Attribution;

/// <summary>What chance alone would reach.</summary>
public static class NoiseFloor
{
    /// <summary>
    /// The correlation that one of n independent null items exceeds on average: the level r with P(R &gt; r) = 1/n, where a
    /// null correlation of N Gaussian draws has P(R &gt; r) = ½·I_{1−r²}((N−2)/2, ½) exactly, I the regularised incomplete beta
    /// function. N = 800 and n = 50,000 give 0.145. 1 if there are too few draws to tell.
    /// </summary>
    /// <param name="effectiveSampleSize">N, independent draws worth.</param>
    /// <param name="items">n.</param>
    public static double Of(double effectiveSampleSize, int items)
    {
        if (!(effectiveSampleSize > 3) || items < 2)
        {
            return items < 2 ? 0 : 1;
        }

        // With R = sin φ the density is proportional to cos^(N−3) φ; beyond the end it is below e^-60 of its value at 0.
        var power = effectiveSampleSize - 3;
        var end = Math.Acos(Math.Exp(-60 / Math.Max(power, 0.1)));
        var wanted = 2 * Integral(0, end, power) / items;
        var (low, high) = (0.0, end);
        for (var step = 0; step < 50; step++)
        {
            var middle = (low + high) / 2;
            (low, high) = Integral(middle, end, power) > wanted ? (middle, high) : (low, middle);
        }

        return Math.Sin(high);
    }

    // ∫ cos^power, by Simpson's rule.
    private static double Integral(double from, double to, double power)
    {
        const int Intervals = 400;
        var (step, sum) = ((to - from) / Intervals, 0.0);
        for (var i = 0; i <= Intervals; i++)
        {
            var weight = i is 0 or Intervals ? 1 : i % 2 == 0 ? 2 : 4;
            sum += weight * Math.Pow(Math.Cos(from + (i * step)), power);
        }

        return sum * step / 3;
    }
}
