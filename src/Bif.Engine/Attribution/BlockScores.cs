using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Bif.Engine.FirstOrder;

namespace Bif.Engine.Attribution;

/// <summary>
/// Covariances, correlations and their errors from sums per batch of draws. With standardised losses (centred, divided by
/// the root of their total square) p_b = Σ_{t∈b} x̃ỹ = Σxy − x̄·Σy − ȳ·Σ(x−x̄), scaled: r = Σp_b, Cov = r·|x||y|/ν, ν the
/// draws less one per centred group. Errors are batch means: for the covariance from the spread of p_b around its share,
/// for the correlation from the linearised terms x̃ỹ − (r/2)(x̃²+ỹ²), whose batch sums follow from p_b, Σx̃² and Σỹ² alone.
/// With a control variate all sums are less those of the first-order parts, and r = Σp_b + e with e the known covariance of
/// those parts in the same units: what is known has no spread.
/// </summary>
internal sealed unsafe class BlockScores
{
    private readonly DrawBatch[] _batches;
    private readonly QueryGroup _queries;
    private readonly QueryGroup? _parts;
    private readonly FirstOrderControl? _control;
    private readonly float[] _known;
    private readonly Centering _centering;
    private readonly BatchTerm[] _terms;
    private readonly double[] _halfFreedom;
    private readonly double[] _yHalfSquares = new double[2];
    private readonly double _errorFactor;

    /// <summary>Prepares scores of a group of queries.</summary>
    /// <param name="batches">The batches of draws.</param>
    /// <param name="queries">The queries.</param>
    /// <param name="centering">Around which mean.</param>
    /// <param name="parts">The queries' first-order parts; null without a control variate.</param>
    /// <param name="control">The control variate, or null.</param>
    /// <param name="padded">Padded number of items of a block.</param>
    public BlockScores(DrawBatch[] batches, QueryGroup queries, Centering centering, QueryGroup? parts = null, FirstOrderControl? control = null, int padded = 0)
    {
        (_batches, _queries, _centering, _parts, _control) = (batches, queries, centering, parts, control);
        _known = new float[padded];
        _errorFactor = batches.Length / (batches.Length - 1.0);
        double draws = batches.Sum(batch => batch.Count);
        _terms = [.. batches.Select(batch => new BatchTerm(batch.Chain, (float)(batch.Count / draws), batch.Half == 0 ? 1 : 0))];
        Freedom = FreedomOf(batches);
        _halfFreedom = [.. new[] { 0, 1 }.Select(half => FreedomOf([.. batches.Where(batch => batch.Half == half)]))];
    }

    /// <summary>Divisors of covariances: of the run, and of its halves.</summary>
    public (double Whole, double First, double Second) Freedoms => (Freedom, _halfFreedom[0], _halfFreedom[1]);

    /// <summary>Draws less the means taken out: the divisor of covariances.</summary>
    public double Freedom { get; }

    /// <summary>Var(ℓ_q), nats², with this run's centring; 0 if the query is constant or not finite.</summary>
    public double QueryVariance(int query) => CentreQuery(query) / Freedom;

    /// <summary>Scores one query of the group.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Score(int query, ItemBlockSums sums, ItemMoments items, QueryScores result)
    {
        var ySquares = CentreQuery(query);
        if (ySquares == 0)
        {
            result.Clear();
            return;
        }

        var root = Math.Sqrt(ySquares);
        var (inverse, unit, errorUnit) = ((float)(1 / root), (float)(root / Freedom), (float)(root / Freedom * Math.Sqrt(_errorFactor)));
        var halfScale = (
            _yHalfSquares[0] > 0 ? (float)Math.Sqrt(ySquares / _yHalfSquares[0]) : 0,
            _yHalfSquares[1] > 0 ? (float)Math.Sqrt(ySquares / _yHalfSquares[1]) : 0);
        var (firstShare, secondShare) = ((float)(_halfFreedom[0] / Freedom), (float)(_halfFreedom[1] / Freedom));
        var (known, ownShare) = (ReadKnown(query, sums, items, root), (float)(QueryKnown(query) / ySquares));
        var totals = default(VectorTotals);
        var parts = stackalloc Vector512<float>[_batches.Length];
        fixed (float* means = items.Means)
        fixed (float* centredSums = items.CentredSums)
        fixed (float* squares = items.Squares)
        {
            for (var item = 0; item < sums.Count; item += Vector512<float>.Count)
            {
                var scale = Vector512.LoadUnsafe(ref items.InverseRoot[item]) * inverse;
                var (sum, first) = Products(sums.Cross(query, 0) + item, means + item, centredSums + item, sums.Padded, scale, parts);
                var (second, drift) = (sum - first, Vector512<float>.Zero);
                var sampled = sum;
                if (known)
                {
                    var expected = Vector512.LoadUnsafe(ref _known[item]);
                    sum += expected;
                    first += expected * firstShare;
                    second += expected * secondShare;
                    drift = (sum * 0.5f * (Vector512.LoadUnsafe(ref items.KnownShare[item]) + Vector512.Create(ownShare))) - expected;
                }

                var (spread, linear) = Errors(squares + item, sums.Padded, sampled, sum, drift, parts);
                var xRoot = Vector512.LoadUnsafe(ref items.Root[item]);
                var varies = Vector512.GreaterThan(xRoot, Vector512<float>.Zero);
                var correlation = Vector512.Min(Vector512.Max(sum, -Vector512<float>.One), Vector512<float>.One);
                (sum * xRoot * -unit).StoreUnsafe(ref result.Bif[item]);
                (Vector512.Sqrt(spread) * xRoot * errorUnit).StoreUnsafe(ref result.BifError[item]);
                correlation.StoreUnsafe(ref result.Correlation[item]);
                Vector512.ConditionalSelect(varies, Vector512.Sqrt(linear * (float)_errorFactor), Vector512<float>.Zero)
                    .StoreUnsafe(ref result.CorrelationError[item]);
                (first * Vector512.LoadUnsafe(ref items.HalfScale[0][item]) * halfScale.Item1).StoreUnsafe(ref result.HalfCorrelation[0][item]);
                (second * Vector512.LoadUnsafe(ref items.HalfScale[1][item]) * halfScale.Item2).StoreUnsafe(ref result.HalfCorrelation[1][item]);
                totals.Add(first * xRoot, second * xRoot, correlation);
            }
        }

        result.Totals = totals.Reduce(items.Usable, root / _halfFreedom[0], root / _halfFreedom[1]);
    }

    // p_b of sixteen items, their sum, and the sum over the first half of the run. A trace that is constant or not finite has
    // products of 0 or NaN: its lanes are masked out.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private (Vector512<float> Sum, Vector512<float> First) Products(
        float* cross, float* means, float* centredSums, long stride, Vector512<float> scale, Vector512<float>* parts)
    {
        var used = Vector512.GreaterThan(scale, Vector512<float>.Zero);
        var (sum, first) = (Vector512<float>.Zero, Vector512<float>.Zero);
        var pooled = _centering == Centering.Pooled;
        for (var b = 0; b < _terms.Length; b++)
        {
            ref readonly var term = ref _terms[b];
            var mean = Vector512.Load(means + (term.Chain * stride));
            var product = Vector512.FusedMultiplyAdd(mean, Vector512.Create(term.NegativeSum), Vector512.Load(cross + (b * stride)) * scale);
            if (pooled)
            {
                product = Vector512.FusedMultiplyAdd(
                    Vector512.Load(centredSums + (b * stride)), Vector512.Create(term.NegativeMean), product);
            }

            product = Vector512.ConditionalSelect(used, product, Vector512<float>.Zero);
            sum += product;
            first = Vector512.FusedMultiplyAdd(product, Vector512.Create(term.InFirstHalf), first);
            parts[b] = product;
        }

        return (sum, first);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private (Vector512<float> Spread, Vector512<float> Linear) Errors(
        float* squares, long stride, Vector512<float> sampled, Vector512<float> sum, Vector512<float> drift, Vector512<float>* parts)
    {
        var (spread, linear) = (Vector512<float>.Zero, Vector512<float>.Zero);
        var (negative, negativeHalf) = (-sampled, sum * -0.5f);
        for (var b = 0; b < _terms.Length; b++)
        {
            ref readonly var term = ref _terms[b];
            var off = Vector512.FusedMultiplyAdd(negative, Vector512.Create(term.Share), parts[b]);
            spread = Vector512.FusedMultiplyAdd(off, off, spread);
            var square = Vector512.Load(squares + (b * stride)) + Vector512.Create(term.Square);
            var curved = Vector512.FusedMultiplyAdd(negativeHalf, square, parts[b]) - (drift * Vector512.Create(term.Share));
            linear = Vector512.FusedMultiplyAdd(curved, curved, linear);
        }

        return (spread, linear);
    }

    // e of the block's items in standardised units; false without a control variate.
    private bool ReadKnown(int query, ItemBlockSums sums, ItemMoments items, double root)
    {
        if (_control is null)
        {
            return false;
        }

        _control.ReadCovariance(_queries.First + query, sums.First, _known.AsSpan(0, sums.Count));
        var unit = (float)(Freedom / root);
        for (var item = 0; item < sums.Count; item++)
        {
            _known[item] *= unit * items.InverseRoot[item];
        }

        _known.AsSpan(sums.Count).Clear();
        return true;
    }

    // What the first-order part adds to the total square of a query.
    private double QueryKnown(int query) => _control is null ? 0 : Freedom * _control.QueryVariance[_queries.First + query];

    private double FreedomOf(DrawBatch[] batches)
    {
        var means = _centering == Centering.Pooled ? 1 : batches.Select(batch => batch.Chain).Distinct().Count();
        return Math.Max(1, batches.Sum(batch => batch.Count) - means);
    }

    // Sets what the products need of a query; returns its total square, 0 if it is constant or not finite.
    private double CentreQuery(int query)
    {
        Array.Clear(_yHalfSquares);
        var (mean, draws) = (0.0, 0);
        for (var b = 0; b < _batches.Length; b++)
        {
            mean += _batches[b].Count * _queries.ChainMeans[_batches[b].Chain][query];
            draws += _batches[b].Count;
        }

        mean /= draws;
        var (sums, centres, squares) = (new double[_batches.Length], new double[_batches.Length], new double[_batches.Length]);
        for (var b = 0; b < _batches.Length; b++)
        {
            // The losses are centred per chain already; pooled centring moves them to the common mean.
            var centre = _centering == Centering.Pooled ? mean - _queries.ChainMeans[_batches[b].Chain][query] : 0;
            var sum = _queries.Sums[b][query];
            squares[b] = _queries.Squares[b][query] - (centre * ((2 * sum) - (_batches[b].Count * centre))) - (_parts?.Squares[b][query] ?? 0);
            (sums[b], centres[b]) = (sum, centre);
            _yHalfSquares[_batches[b].Half] += squares[b];
        }

        var total = _yHalfSquares[0] + _yHalfSquares[1] + QueryKnown(query);
        for (var half = 0; half < 2 && _control is not null; half++)
        {
            _yHalfSquares[half] += _halfFreedom[half] * _control.QueryVariance[_queries.First + query];
        }

        if (!(total > 0) || !double.IsFinite(total))
        {
            return 0;
        }

        var root = Math.Sqrt(total);
        for (var b = 0; b < squares.Length; b++)
        {
            _terms[b] = _terms[b] with
            {
                NegativeSum = (float)(-sums[b] / root), NegativeMean = (float)(-centres[b] / root), Square = (float)(squares[b] / total),
            };
        }

        return total;
    }

    // What the scores need of a batch of draws: where it belongs, and of the current query Σy, the mean that pooled centring
    // leaves, and Σy², standardised.
    private readonly record struct BatchTerm(int Chain, float Share, float InFirstHalf)
    {
        public float NegativeSum { get; init; }

        public float NegativeMean { get; init; }

        public float Square { get; init; }
    }
}
