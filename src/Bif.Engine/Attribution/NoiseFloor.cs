namespace Bif.Engine.Attribution;

/// <summary>What chance alone would reach.</summary>
public static class NoiseFloor
{
    /// <summary>
    /// The correlation that the largest of n independent null items reaches: z(1 − 1/n)/√ESS, z the standard normal
    /// quantile. An ESS of 800 and n = 50,000 give 0.145.
    /// </summary>
    public static double Of(double effectiveSampleSize, int items)
        => Math.Min(1, Quantile(1 - (1.0 / Math.Max(items, 2))) / Math.Sqrt(Math.Max(effectiveSampleSize, 1)));

    /// <summary>The standard normal quantile, by Newton's method on the error function's series; |error| &lt; 1e-9.</summary>
    internal static double Quantile(double probability)
    {
        if (probability < 0.5)
        {
            return -Quantile(1 - probability);
        }

        // Start from the tail's asymptotic, then a few Newton steps on log tail probability.
        var tail = Math.Max(1 - probability, 1e-300);
        var x = tail > 0.4 ? 0.25 : Math.Sqrt(-2 * Math.Log(tail));
        for (var step = 0; step < 60; step++)
        {
            var upper = UpperTail(x);
            var move = (Math.Log(upper) - Math.Log(tail)) * upper / (Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI));
            x += Math.Clamp(move, -1, 1);
            if (Math.Abs(move) < 1e-12)
            {
                break;
            }
        }

        return x;
    }

    // P(Z > x): series near zero, continued fraction in the tail.
    private static double UpperTail(double x)
    {
        var density = Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
        if (x < 3)
        {
            double term = x, sum = x;
            for (var k = 1; k < 100; k++)
            {
                term *= x * x / ((2 * k) + 1);
                sum += term;
            }

            return 0.5 - (density * sum);
        }

        var fraction = 0.0;
        for (var k = 60; k >= 1; k--)
        {
            fraction = k / (x + fraction);
        }

        return density / (x + fraction);
    }
}
