using Bif.Engine.Traces;

namespace Bif.Engine.Attribution;

/// <summary>
/// Removal of the common mode: covariances and correlations of what is left of an item's and a query's loss after regressing
/// both on the mean loss of all other items, Cov(i, q | m) = Cov(i, q) − Cov(i, m)·Cov(q, m)/Var(m). A view for runs whose
/// losses rise and fall together (drift, hot chains).
/// </summary>
public sealed class CommonMode
{
    private readonly TraceStore _store;
    private readonly Centering _centering;
    private readonly double[][] _sum;
    private readonly double _sumVariance;
    private readonly double[] _variance;
    private readonly double[] _withSum;
    private readonly double _freedom;

    /// <summary>Reads the training traces twice; memory is one block of draws.</summary>
    /// <param name="store">The traces.</param>
    /// <param name="centering">How the run's scores are centred.</param>
    public CommonMode(TraceStore store, Centering centering)
    {
        (_store, _centering) = (store, centering);
        _sum = CentredSeries.OfItems(store, null, centering);
        _freedom = CentredSeries.Freedom(_sum, centering);
        _sumVariance = CentredSeries.Product(_sum, _sum) / _freedom;
        (_variance, _withSum) = Moments();
    }

    /// <summary>Share of the summed variance of the items that the common mode holds: Var(Σℓ)/(n·ΣVar(ℓ)), 1/n if independent.</summary>
    public double Share => _variance.Sum() is > 0 and var total ? _sumVariance / (_variance.Length * total) : 0;

    /// <summary>Partial BIF (nats², negative = helpful) and partial correlation (positive = helpful) of a query with every item.</summary>
    /// <param name="query">Index of the query.</param>
    /// <param name="bif">The query's BIF scores [items].</param>
    public (float[] Bif, float[] Correlation) Remove(int query, ReadOnlySpan<float> bif)
    {
        var y = CentredSeries.OfQuery(_store, query, _centering);
        var queryVariance = CentredSeries.Product(y, y) / _freedom;

        // Of the scores themselves, whose noise may have been taken out: covariances add up.
        var queryWithSum = 0.0;
        foreach (var score in bif)
        {
            queryWithSum -= score;
        }

        var others = _variance.Length - 1.0;
        var (partial, correlation) = (new float[bif.Length], new float[bif.Length]);
        for (var item = 0; item < bif.Length; item++)
        {
            var covariance = -(double)bif[item];

            // m, the mean of the other items, is (sum − ℓ_i)/(n − 1).
            var variance = (_sumVariance - (2 * _withSum[item]) + _variance[item]) / (others * others);
            var itemSlope = (_withSum[item] - _variance[item]) / others;
            var querySlope = (queryWithSum - covariance) / others;
            var left = variance > 0 ? covariance - (itemSlope * querySlope / variance) : covariance;
            var itemLeft = variance > 0 ? _variance[item] - (itemSlope * itemSlope / variance) : _variance[item];
            var queryLeft = variance > 0 ? queryVariance - (querySlope * querySlope / variance) : queryVariance;
            partial[item] = (float)-left;
            correlation[item] = itemLeft > 0 && queryLeft > 0 ? (float)Math.Clamp(left / Math.Sqrt(itemLeft * queryLeft), -1, 1) : 0;
        }

        return (partial, correlation);
    }

    // Var(ℓ_i) and Cov(ℓ_i, Σℓ), shifted by a first draw so that a large offset costs no digits: each chain's, or the first chain's where all share a mean.
    private (double[] Variance, double[] WithSum) Moments()
    {
        var shape = _store.Shape;
        var (variance, withSum) = (new double[shape.TrainItems], new double[shape.TrainItems]);
        var losses = new float[(long)shape.DrawsPerBlock * shape.TrainItems];
        var (shift, total, squares) = (new float[shape.TrainItems], new double[shape.TrainItems], new double[shape.TrainItems]);
        var seen = 0;
        for (var chain = 0; chain < _sum.Length; chain++)
        {
            var draws = _sum[chain].Length;
            for (var first = 0; first < draws; first += shape.DrawsPerBlock)
            {
                var count = Math.Min(shape.DrawsPerBlock, draws - first);
                _store.ReadTrain(chain, first, count, 0, shape.TrainItems, losses.AsSpan(0, count * shape.TrainItems));
                if (first == 0 && seen == 0)
                {
                    losses.AsSpan(0, shape.TrainItems).CopyTo(shift);
                }

                for (var draw = 0; draw < count; draw++)
                {
                    var common = _sum[chain][first + draw];
                    for (var item = 0; item < shape.TrainItems; item++)
                    {
                        double x = losses[(draw * shape.TrainItems) + item] - shift[item];
                        total[item] += x;
                        squares[item] += x * x;
                        withSum[item] += x * common;
                    }
                }
            }

            seen += draws;
            if (_centering == Centering.PerChain || chain + 1 == _sum.Length)
            {
                Centre();
            }
        }

        // What was seen so far, around its mean.
        void Centre()
        {
            for (var item = 0; item < shape.TrainItems && seen > 0; item++)
            {
                variance[item] += squares[item] - (total[item] * total[item] / seen);
            }

            Array.Clear(total);
            Array.Clear(squares);
            seen = 0;
        }

        return ([.. variance.Select(value => Math.Max(0, value / _freedom))], [.. withSum.Select(value => value / _freedom)]);
    }
}
