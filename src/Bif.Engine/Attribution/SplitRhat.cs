using System.Runtime.Intrinsics;

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
                var squares = half.Sum(value => (value - mean) * (value - mean));
                moments.Add(half.Length, Vector512.Create(mean), Vector512.Create(squares));
            }
        }

        return moments.Value[0];
    }

    /// <summary>From the halves' lengths, means and sums of squared deviations; eight traces side by side, one per lane.</summary>
    internal struct Moments
    {
        private int _halves;
        private double _length;
        private Vector512<double> _mean;
        private Vector512<double> _spread;
        private Vector512<double> _within;

        /// <summary>R̂ of the halves added so far.</summary>
        public readonly Vector512<double> Value
        {
            get
            {
                if (_halves < 2)
                {
                    return Vector512.Create(double.NaN);
                }

                var (length, within, between) = (_length / _halves, _within / _halves, _spread / (_halves - 1.0));
                var zero = Vector512<double>.Zero;
                var constant = Vector512.ConditionalSelect(
                    Vector512.GreaterThan(between, zero), Vector512.Create(double.PositiveInfinity), Vector512<double>.One);
                var varying = Vector512.Sqrt(Vector512.Create((length - 1) / length) + (between / within));
                return Vector512.ConditionalSelect(Vector512.GreaterThan(within, zero), varying, constant);
            }
        }

        /// <summary>Adds a half of every chain; too short ones are left out.</summary>
        public void Add(int length, Vector512<double> mean, Vector512<double> squares)
        {
            if (length < ShortestHalf)
            {
                return;
            }

            _halves++;
            _length += length;
            _within += Vector512.Max(Vector512<double>.Zero, squares) / (length - 1.0);
            var off = mean - _mean;
            _mean += off / _halves;
            _spread += off * (mean - _mean);
        }
    }
}
