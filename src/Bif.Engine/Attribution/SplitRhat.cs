namespace Bif.Engine.Attribution;

/// <summary>
/// Split R̂ (Gelman et al., Bayesian Data Analysis 3, section 11.4): each chain is cut in halves, and the variance between
/// the halves' means is compared with the variance within. 1 where all halves agree; NaN with fewer than two halves.
/// </summary>
public static class SplitRhat
{
    private const int ShortestHalf = 2;

    /// <summary>Of traces [chain][draw].</summary>
    public static double Of(IReadOnlyList<double[]> chains)
    {
        var moments = new Moments();
        foreach (var chain in chains)
        {
            foreach (var half in new[] { chain[..(chain.Length / 2)], chain[(chain.Length / 2)..] })
            {
                var mean = half.Length > 0 ? half.Average() : 0;
                moments.Add(half.Length, mean, half.Sum(value => (value - mean) * (value - mean)));
            }
        }

        return moments.Value;
    }

    /// <summary>From the halves' lengths, means and sums of squared deviations.</summary>
    internal struct Moments
    {
        private int _halves;
        private double _length;
        private double _mean;
        private double _spread;
        private double _within;

        /// <summary>R̂ of the halves added so far.</summary>
        public readonly double Value
        {
            get
            {
                if (_halves < 2)
                {
                    return double.NaN;
                }

                var (length, within, between) = (_length / _halves, _within / _halves, _spread / (_halves - 1));
                return within > 0 ? Math.Sqrt(((length - 1) / length) + (between / within)) : between > 0 ? double.PositiveInfinity : 1;
            }
        }

        /// <summary>Adds a half of a chain; too short ones are left out.</summary>
        public void Add(int length, double mean, double squares)
        {
            if (length < ShortestHalf)
            {
                return;
            }

            _halves++;
            _length += length;
            _within += Math.Max(0, squares) / (length - 1);
            var off = mean - _mean;
            _mean += off / _halves;
            _spread += off * (mean - _mean);
        }
    }
}
