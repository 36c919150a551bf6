using System.Numerics.Tensors;

namespace Bif.Engine.Attribution;

/// <summary>
/// Covariances, correlations and their errors of one tile of items against every query, from sums per batch of draws.
/// With V_b = Σ_{t∈b}(x−x̄)(y−ȳ): Cov = ΣV_b/ν. Errors are batch means: for the covariance from the spread of V_b, for the
/// correlation from the linearised terms x̃ỹ − (r/2)(x̃²+ỹ²), whose batch sums follow from the same V_b.
/// </summary>
internal sealed class TileScores
{
    private readonly IReadOnlyList<DrawBatch> _batches;
    private readonly ItemTile _tile;
    private readonly QueryMoments _queries;
    private readonly int[] _group;
    private readonly double[] _groupDraws;
    private readonly float[][] _itemMeans;
    private readonly float[][] _centredSums;
    private readonly float[][] _centredSquares;
    private readonly double[] _freedom = new double[3];
    private readonly float[][] _deviation;

    /// <summary>Centres the items' sums.</summary>
    public TileScores(IReadOnlyList<DrawBatch> batches, ItemTile tile, QueryMoments queries, Centering centering)
    {
        _batches = batches;
        _tile = tile;
        _queries = queries;
        _group = [.. batches.Select(batch => centering == Centering.PerChain ? batch.Chain : 0)];
        var groups = _group.Max() + 1;
        _groupDraws = new double[groups];
        _itemMeans = [.. Enumerable.Range(0, groups).Select(_ => new float[tile.Count])];
        for (var b = 0; b < batches.Count; b++)
        {
            _groupDraws[_group[b]] += batches[b].Count;
            TensorPrimitives.Add(_itemMeans[_group[b]], tile.Sums[b], _itemMeans[_group[b]]);
        }

        for (var g = 0; g < groups; g++)
        {
            TensorPrimitives.Multiply(_itemMeans[g], (float)(1 / Math.Max(_groupDraws[g], 1)), _itemMeans[g]);
        }

        // ν: draws less one per centred group, for the whole run and its two halves.
        _freedom[2] = batches.Sum(batch => batch.Count) - _groupDraws.Count(draws => draws > 0);
        for (var half = 0; half < 2; half++)
        {
            var groupsHere = batches.Select((batch, b) => (batch, b)).Where(entry => entry.batch.Half == half).Select(entry => _group[entry.b]).Distinct().Count();
            _freedom[half] = Math.Max(1, batches.Where(batch => batch.Half == half).Sum(batch => batch.Count) - groupsHere);
        }

        _centredSums = new float[batches.Count][];
        _centredSquares = new float[batches.Count][];
        for (var b = 0; b < batches.Count; b++)
        {
            var means = _itemMeans[_group[b]];
            float count = batches[b].Count;
            _centredSums[b] = new float[tile.Count];
            _centredSquares[b] = new float[tile.Count];
            for (var i = 0; i < tile.Count; i++)
            {
                _centredSums[b][i] = tile.Sums[b][i] - (count * means[i]);
                _centredSquares[b][i] = tile.Squares[b][i] - (2 * means[i] * tile.Sums[b][i]) + (count * means[i] * means[i]);
            }
        }

        _deviation = [Deviations(0), Deviations(1), Deviations(2)];
    }

    /// <summary>Standard deviation of each item's loss over the run.</summary>
    public float[] Deviation => _deviation[2];

    /// <summary>Scores of one query.</summary>
    /// <param name="query">The query.</param>
    /// <param name="result">Receives them; see <see cref="QueryScores"/>.</param>
    public void Score(int query, QueryScores result)
    {
        var count = _tile.Count;
        var queryMeans = new double[_groupDraws.Length];
        for (var b = 0; b < _batches.Count; b++)
        {
            queryMeans[_group[b]] += _queries.Sums[b][query] / _groupDraws[_group[b]];
        }

        var squares = new double[_batches.Count];
        var total = new double[3];
        Array.Clear(result.HalfCovariance[0]);
        Array.Clear(result.HalfCovariance[1]);
        for (var b = 0; b < _batches.Count; b++)
        {
            var mean = queryMeans[_group[b]];
            squares[b] = Math.Max(0, _queries.Squares[b][query] - (2 * mean * _queries.Sums[b][query]) + (_batches[b].Count * mean * mean));
            total[_batches[b].Half] += squares[b];
            var v = result.Batches.AsSpan(b * count, count);
            _tile.Cross[b].AsSpan(query * count, count).CopyTo(v);
            TensorPrimitives.MultiplyAdd(_itemMeans[_group[b]], (float)-_queries.Sums[b][query], v, v);
            TensorPrimitives.MultiplyAdd(_centredSums[b], (float)-mean, v, v);
            var half = result.HalfCovariance[_batches[b].Half];
            TensorPrimitives.Add(half, v, half);
        }

        total[2] = total[0] + total[1];
        TensorPrimitives.Add(result.HalfCovariance[0], result.HalfCovariance[1], result.Covariance);
        var deviations = total.Select((sum, part) => Math.Sqrt(sum / Math.Max(_freedom[part], 1))).ToArray();
        Normalise(result.Covariance, 2, deviations[2], result.Correlation);
        Normalise(result.HalfCovariance[0], 0, deviations[0], result.HalfCorrelation[0]);
        Normalise(result.HalfCovariance[1], 1, deviations[1], result.HalfCorrelation[1]);
        Errors(squares, total[2], deviations[2], result);
    }

    // Sums become covariances in place; correlations are 0 where a trace is constant.
    private void Normalise(float[] covariance, int part, double queryDeviation, float[] correlation)
    {
        TensorPrimitives.Multiply(covariance, (float)(1 / Math.Max(_freedom[part], 1)), covariance);
        var deviation = _deviation[part];
        for (var i = 0; i < covariance.Length; i++)
        {
            var scale = deviation[i] * (float)queryDeviation;
            correlation[i] = scale > 0 ? Math.Clamp(covariance[i] / scale, -1, 1) : 0;
        }
    }

    private void Errors(double[] squares, double querySquares, double queryDeviation, QueryScores result)
    {
        var count = _tile.Count;
        var draws = (double)_batches.Sum(batch => batch.Count);
        Array.Clear(result.CovarianceError);
        Array.Clear(result.CorrelationError);
        var freedom = (float)Math.Max(_freedom[2], 1);
        for (var b = 0; b < _batches.Count; b++)
        {
            var v = result.Batches.AsSpan(b * count, count);
            var share = (float)(_batches[b].Count / draws) * freedom;
            var ownSquares = querySquares > 0 ? (float)(squares[b] / querySquares) : 0;
            var centredSquares = _centredSquares[b];
            var deviation = Deviation;
            for (var i = 0; i < count; i++)
            {
                var spread = v[i] - (share * result.Covariance[i]);
                result.CovarianceError[i] += spread * spread;
                var scale = freedom * deviation[i];
                var inverse = scale > 0 ? 1 / scale : 0;
                var itemSquares = deviation[i] > 0 ? centredSquares[i] * inverse / deviation[i] : 0;
                var linear = (v[i] * inverse * (queryDeviation > 0 ? (float)(1 / queryDeviation) : 0))
                    - (result.Correlation[i] / 2 * (itemSquares + ownSquares));
                result.CorrelationError[i] += linear * linear;
            }
        }

        var factor = _batches.Count > 1 ? _batches.Count / (_batches.Count - 1f) : float.NaN;
        for (var i = 0; i < count; i++)
        {
            result.CovarianceError[i] = MathF.Sqrt(factor * result.CovarianceError[i]) / freedom;
            result.CorrelationError[i] = MathF.Sqrt(factor * result.CorrelationError[i]);
        }
    }

    private float[] Deviations(int part)
    {
        var variance = new float[_tile.Count];
        for (var b = 0; b < _batches.Count; b++)
        {
            if (part == 2 || _batches[b].Half == part)
            {
                TensorPrimitives.Add(variance, _centredSquares[b], variance);
            }
        }

        for (var i = 0; i < variance.Length; i++)
        {
            variance[i] = MathF.Sqrt(Math.Max(0, variance[i]) / (float)Math.Max(_freedom[part], 1));
        }

        return variance;
    }
}

/// <summary>Room for the scores of one query against a tile of items; reused from query to query.</summary>
internal sealed class QueryScores(int batches, int items)
{
    /// <summary>V_b: [batch × item].</summary>
    public float[] Batches { get; } = new float[batches * items];

    /// <summary>Cov(ℓ_i, ℓ_q), nats².</summary>
    public float[] Covariance { get; } = new float[items];

    /// <summary>Its standard error.</summary>
    public float[] CovarianceError { get; } = new float[items];

    /// <summary>Corr(ℓ_i, ℓ_q).</summary>
    public float[] Correlation { get; } = new float[items];

    /// <summary>Its standard error.</summary>
    public float[] CorrelationError { get; } = new float[items];

    /// <summary>Covariances of the two halves of the run.</summary>
    public float[][] HalfCovariance { get; } = [new float[items], new float[items]];

    /// <summary>Correlations of the two halves of the run.</summary>
    public float[][] HalfCorrelation { get; } = [new float[items], new float[items]];
}
