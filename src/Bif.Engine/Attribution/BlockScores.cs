using System.Runtime.Intrinsics;

namespace Bif.Engine.Attribution;

/// <summary>
/// Covariances, correlations and their errors from sums per batch of draws, in float64. With
/// P_b = Σ_{t∈b}(x−x̄)(y−ȳ) = Σxy − x̄·Σy − ȳ·Σ(x−x̄): Cov = ΣP_b/ν, ν the draws less one per centred group. Errors are
/// batch means: for the covariance from the spread of P_b around its share, for the correlation r from the linearised
/// terms x̃ỹ − (r/2)(x̃²+ỹ²) of standardised losses, whose batch sums follow from P_b, Σ(x−x̄)² and Σ(y−ȳ)² alone.
/// </summary>
internal sealed unsafe class BlockScores
{
    private readonly DrawBatch[] _batches;
    private readonly QueryGroup _queries;
    private readonly Centering _centering;
    private readonly int[] _chain;
    private readonly double[] _share;
    private readonly double[] _inFirstHalf;
    private readonly double[] _halfFreedom;
    private readonly double[] _ySums;
    private readonly double[] _yMeans;
    private readonly double[] _ySquares;
    private readonly double[] _yHalfSquares = new double[2];
    private readonly double _errorFactor;

    /// <summary>Prepares scores of a group of queries.</summary>
    public BlockScores(DrawBatch[] batches, QueryGroup queries, Centering centering)
    {
        (_batches, _queries, _centering) = (batches, queries, centering);
        _chain = [.. batches.Select(batch => batch.Chain)];
        _inFirstHalf = [.. batches.Select(batch => batch.Half == 0 ? 1.0 : 0.0)];
        (_ySums, _yMeans, _ySquares) = (new double[batches.Length], new double[batches.Length], new double[batches.Length]);
        _errorFactor = batches.Length / (batches.Length - 1.0);
        double draws = batches.Sum(batch => batch.Count);
        _share = [.. batches.Select(batch => batch.Count / draws)];
        Freedom = FreedomOf(batches);
        _halfFreedom = [.. new[] { 0, 1 }.Select(half => FreedomOf([.. batches.Where(batch => batch.Half == half)]))];
    }

    /// <summary>Draws less the means taken out: the divisor of covariances.</summary>
    public double Freedom { get; }

    /// <summary>Var(ℓ_q), nats², with this run's centring; 0 if the query is constant or not finite.</summary>
    public double QueryVariance(int query)
    {
        CentreQuery(query);
        var variance = (_yHalfSquares[0] + _yHalfSquares[1]) / Freedom;
        return double.IsFinite(variance) ? variance : 0;
    }

    /// <summary>Scores one query of the group.</summary>
    public void Score(int query, ItemBlockSums sums, ItemMoments items, QueryScores result)
    {
        CentreQuery(query);
        var ySquares = _yHalfSquares[0] + _yHalfSquares[1];
        if (!(ySquares > 0) || !double.IsFinite(ySquares))
        {
            result.Clear();
            return;
        }

        var totals = default(VectorTotals);
        for (var item = 0; item < sums.Count; item += Vector512<double>.Count)
        {
            ScoreEight(item, query, sums, items, ySquares, result, ref totals);
        }

        result.Totals = totals.Reduce(items.Usable);
    }

    private double FreedomOf(DrawBatch[] batches)
    {
        var means = _centering == Centering.Pooled ? 1 : batches.Select(batch => batch.Chain).Distinct().Count();
        return Math.Max(1, batches.Sum(batch => batch.Count) - means);
    }

    private void CentreQuery(int query)
    {
        Array.Clear(_yHalfSquares);
        var mean = 0.0;
        for (var b = 0; b < _batches.Length; b++)
        {
            mean += _share[b] * _queries.ChainMeans[_batches[b].Chain][query];
        }

        for (var b = 0; b < _batches.Length; b++)
        {
            // The losses are centred per chain already; pooled centring moves them to the common mean.
            var centre = _centering == Centering.Pooled ? mean - _queries.ChainMeans[_batches[b].Chain][query] : 0;
            _ySums[b] = _queries.Sums[b][query];
            _yMeans[b] = centre;
            _ySquares[b] = _queries.Squares[b][query] - (centre * ((2 * _ySums[b]) - (_batches[b].Count * centre)));
            _yHalfSquares[_batches[b].Half] += _ySquares[b];
        }
    }

    private void ScoreEight(
        int item, int query, ItemBlockSums sums, ItemMoments items, double ySquares, QueryScores result, ref VectorTotals totals)
    {
        var (zero, one) = (Vector512<double>.Zero, Vector512<double>.One);
        var (sum, first) = (zero, zero);
        for (var b = 0; b < _batches.Length; b++)
        {
            var product = Product(b, item, query, sums, items);
            sum += product;
            first += product * _inFirstHalf[b];
        }

        var xSquares = Load(items.TotalSquares, item);
        var usable = Vector512.GreaterThan(xSquares, zero);
        var xInverse = one / Vector512.ConditionalSelect(usable, xSquares, one);
        var scale = Vector512.Sqrt(xInverse * (1 / ySquares));
        var correlation = Vector512.Min(Vector512.Max(sum * scale, -one), one);
        var (spread, linear) = (zero, zero);
        for (var b = 0; b < _batches.Length; b++)
        {
            var product = Product(b, item, query, sums, items);
            var off = product - (sum * _share[b]);
            spread = Vector512.FusedMultiplyAdd(off, off, spread);
            var squares = (Load(items.Squares[b], item) * xInverse) + Vector512.Create(_ySquares[b] / ySquares);
            var term = (product * scale) - (correlation * squares * 0.5);
            linear = Vector512.FusedMultiplyAdd(term, term, linear);
        }

        correlation = Vector512.ConditionalSelect(usable, correlation, zero);
        sum = Vector512.ConditionalSelect(usable, sum, zero);
        first = Vector512.ConditionalSelect(usable, first, zero);
        Store(result.Bif, item, sum * (-1 / Freedom));
        Store(result.BifError, item, Vector512.ConditionalSelect(usable, Vector512.Sqrt(spread * _errorFactor) * (1 / Freedom), zero));
        Store(result.Correlation, item, correlation);
        Store(result.CorrelationError, item, Vector512.ConditionalSelect(usable, Vector512.Sqrt(linear * _errorFactor), zero));
        Store(result.HalfCorrelation[0], item, HalfCorrelation(first, items.HalfSquares[0], item, _yHalfSquares[0]));
        Store(result.HalfCorrelation[1], item, HalfCorrelation(sum - first, items.HalfSquares[1], item, _yHalfSquares[1]));
        totals.Add(first * (1 / _halfFreedom[0]), (sum - first) * (1 / _halfFreedom[1]), correlation);
    }

    private Vector512<double> Product(int b, int item, int query, ItemBlockSums sums, ItemMoments items)
    {
        var cross = Vector512.WidenLower(Vector256.Load(sums.Cross(query, b) + item).ToVector512Unsafe());
        var product = cross - (Load(items.ChainMeans[_chain[b]], item) * _ySums[b]);
        return _yMeans[b] == 0 ? product : product - (Load(items.CentredSums[b], item) * _yMeans[b]);
    }

    private static Vector512<double> HalfCorrelation(Vector512<double> sum, double[] xSquares, int item, double ySquares)
    {
        var squares = Load(xSquares, item) * ySquares;
        var usable = Vector512.GreaterThan(squares, Vector512<double>.Zero);
        var correlation = sum / Vector512.Sqrt(Vector512.ConditionalSelect(usable, squares, Vector512<double>.One));
        return Vector512.ConditionalSelect(usable, correlation, Vector512<double>.Zero);
    }

    private static Vector512<double> Load(double[] values, int index) => Vector512.LoadUnsafe(ref values[index]);

    private static void Store(float[] values, int index, Vector512<double> vector)
        => Vector512.Narrow(vector, Vector512<double>.Zero).GetLower().StoreUnsafe(ref values[index]);
}
