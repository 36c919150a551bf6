using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Bif.Engine.Attribution;

/// <summary>
/// Second moments of a block of items, and what the scores of any query need of them in standardised units: x divided by
/// the root of its total square, so that float32 holds it whatever the scale of the losses.
/// </summary>
internal sealed class ItemMoments
{
    private readonly DrawBatch[] _batches;
    private readonly ItemBlockSums _sums;
    private readonly double[] _inverse;
    private readonly (double Whole, double First, double Second) _freedom;

    /// <summary>Centres and standardises the sums.</summary>
    /// <param name="batches">The batches of draws.</param>
    /// <param name="sums">The block's sums.</param>
    /// <param name="centering">Around which mean.</param>
    /// <param name="freedom">Divisors of covariances, of the run and of its halves.</param>
    public ItemMoments(DrawBatch[] batches, ItemBlockSums sums, Centering centering, (double Whole, double First, double Second) freedom)
    {
        (_batches, _sums, _freedom) = (batches, sums, freedom);
        (TotalSquares, _inverse) = (new double[sums.Padded], new double[sums.Padded]);
        (Root, InverseRoot) = (new float[sums.Padded], new float[sums.Padded]);
        Means = new float[sums.ShiftTotal.Length * sums.Padded];
        (Squares, CentredSums) = (new float[batches.Length * sums.Padded], new float[batches.Length * sums.Padded]);
        HalfScale = [new float[sums.Padded], new float[sums.Padded]];
        KnownShare = new float[sums.Padded];
        var means = Centres(centering);
        SetRoots(means);
        Standardise(means);
    }

    /// <summary>
    /// Σ(x − centre)² over the run, by item; 0 for a constant trace. With a control variate less that of the first-order parts,
    /// plus what that has as its expectation.
    /// </summary>
    public double[] TotalSquares { get; }

    /// <summary>Its root.</summary>
    public float[] Root { get; }

    /// <summary>The inverse of <see cref="Root"/>; 0 for a constant trace, which makes all its scores 0.</summary>
    public float[] InverseRoot { get; }

    /// <summary>The centre in each chain, relative to what was subtracted, standardised: [chain, padded item].</summary>
    public float[] Means { get; }

    /// <summary>Σ(x − centre)², as share of the total: [batch, padded item].</summary>
    public float[] Squares { get; }

    /// <summary>Σ(x − centre), standardised: [batch, padded item].</summary>
    public float[] CentredSums { get; }

    /// <summary>Root of the total square over the square in a half of the run, 0 if that is 0: [half][item].</summary>
    public float[][] HalfScale { get; }

    /// <summary>The part of the total square that comes from the expectation of the first-order parts, by item; 0 without a control variate.</summary>
    public float[] KnownShare { get; }

    /// <summary>Number of traces with variance.</summary>
    public int Usable { get; private set; }

    /// <summary>Number of traces with values that are not finite, which count as constant.</summary>
    public int NonFinite { get; private set; }

    /// <summary>Whether a trace has no variance.</summary>
    public bool IsConstant(int item) => TotalSquares[item] == 0;

    /// <summary>Split R̂ by item; NaN for a constant trace.</summary>
    /// <param name="target">One element per item of the block.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void WriteRhat(Span<double> target)
    {
        var halves = Halves();
        Span<double> lanes = stackalloc double[Vector512<double>.Count];
        for (var item = 0; item < target.Length; item += lanes.Length)
        {
            var moments = default(SplitRhat.Moments);
            foreach (var (first, end, count) in halves)
            {
                var (sum, squares) = (Vector512<double>.Zero, Vector512<double>.Zero);
                for (var b = first; b < end; b++)
                {
                    sum += Vector512.LoadUnsafe(ref _sums.Sums[b][item]);
                    squares += Vector512.LoadUnsafe(ref _sums.Squares[b][item]);
                }

                moments.Add(count, _sums.Shifts(_batches[first].Chain, item) + (sum / count), squares - (sum * sum / count));
            }

            var varies = Vector512.GreaterThan(Vector512.LoadUnsafe(ref TotalSquares[item]), Vector512<double>.Zero);
            Vector512.ConditionalSelect(varies, moments.Value, Vector512.Create(double.NaN)).CopyTo(lanes);
            lanes[..Math.Min(lanes.Length, target.Length - item)].CopyTo(target[item..]);
        }
    }

    // The halves of the chains as ranges of batches, with their numbers of draws.
    private List<(int First, int End, int Draws)> Halves()
    {
        var halves = new List<(int, int, int)>();
        for (var b = 0; b < _batches.Length;)
        {
            var (first, draws) = (b, 0);
            while (b < _batches.Length && _batches[b].Chain == _batches[first].Chain && _batches[b].Late == _batches[first].Late)
            {
                draws += _batches[b++].Count;
            }

            halves.Add((first, b, draws));
        }

        return halves;
    }

    // The centre of x in each chain, relative to what was subtracted.
    private double[][] Centres(Centering centering)
    {
        var draws = new double[_sums.ShiftTotal.Length];
        double[][] means = [.. draws.Select(_ => new double[_sums.Padded])];
        for (var b = 0; b < _batches.Length; b++)
        {
            draws[_batches[b].Chain] += _batches[b].Count;
            TensorPrimitives.Add(means[_batches[b].Chain], _sums.Sums[b], means[_batches[b].Chain]);
        }

        for (var chain = 0; chain < draws.Length; chain++)
        {
            TensorPrimitives.Divide(means[chain], Math.Max(1, draws[chain]), means[chain]);
        }

        if (centering == Centering.Pooled)
        {
            Pool(means, draws);
        }

        return means;
    }

    private void Pool(double[][] means, double[] draws)
    {
        var total = draws.Sum();
        for (var item = 0; item < _sums.Count; item++)
        {
            var pooled = 0.0;
            for (var chain = 0; chain < draws.Length; chain++)
            {
                pooled += draws[chain] / total * (means[chain][item] + _sums.Shift(chain, item));
            }

            for (var chain = 0; chain < draws.Length; chain++)
            {
                means[chain][item] = pooled - _sums.Shift(chain, item);
            }
        }
    }

    // Σ(x − mean)² of a batch of draws, of eight items: Σx² − mean·(2Σx − count·mean), less Σa² of the first-order parts.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<double> CentredSquares(int b, double[] means, int item)
    {
        var mean = Vector512.LoadUnsafe(ref means[item]);
        var twice = (2 * Vector512.LoadUnsafe(ref _sums.Sums[b][item])) - (_batches[b].Count * mean);
        var squares = Vector512.LoadUnsafe(ref _sums.Squares[b][item]) - (mean * twice);
        return _sums.ControlSquares is { } parts ? squares - Vector512.LoadUnsafe(ref parts[b][item]) : squares;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SetRoots(double[][] means)
    {
        var halves = new[] { new double[_sums.Padded], new double[_sums.Padded] };
        for (var b = 0; b < _batches.Length; b++)
        {
            var half = halves[_batches[b].Half];
            for (var item = 0; item < half.Length; item += Vector512<double>.Count)
            {
                var squares = Vector512.LoadUnsafe(ref half[item]) + CentredSquares(b, means[_batches[b].Chain], item);
                squares.StoreUnsafe(ref half[item]);
            }
        }

        var known = _sums.Control?.ItemVariance;
        for (var item = 0; item < _sums.Count; item++)
        {
            var total = halves[0][item] + halves[1][item];
            if (known is not null)
            {
                var variance = known[_sums.First + item];
                total += _freedom.Whole * variance;
                halves[0][item] += _freedom.First * variance;
                halves[1][item] += _freedom.Second * variance;
                KnownShare[item] = total > 0 ? (float)(_freedom.Whole * variance / total) : 0;
            }

            NonFinite += double.IsFinite(total) ? 0 : 1;
            if (!(total > 0) || !double.IsFinite(total))
            {
                continue;
            }

            Usable++;
            TotalSquares[item] = total;
            _inverse[item] = 1 / Math.Sqrt(total);
            (Root[item], InverseRoot[item]) = ((float)Math.Sqrt(total), (float)_inverse[item]);
            HalfScale[0][item] = halves[0][item] > 0 ? (float)Math.Sqrt(total / halves[0][item]) : 0;
            HalfScale[1][item] = halves[1][item] > 0 ? (float)Math.Sqrt(total / halves[1][item]) : 0;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Standardise(double[][] means)
    {
        for (var chain = 0; chain < means.Length; chain++)
        {
            var mean = means[chain];
            for (var item = 0; item < mean.Length; item += Vector512<float>.Count)
            {
                var (low, high) = (Vector512.LoadUnsafe(ref mean[item]), Vector512.LoadUnsafe(ref mean[item + 8]));
                Store(low * Inverse(item), high * Inverse(item + 8), item, ref Means[(chain * mean.Length) + item]);
            }
        }

        for (var b = 0; b < _batches.Length; b++)
        {
            var mean = means[_batches[b].Chain];
            for (var item = 0; item < mean.Length; item += Vector512<float>.Count)
            {
                var (low, high) = (Inverse(item), Inverse(item + 8));
                var at = (b * mean.Length) + item;
                Store(CentredSquares(b, mean, item) * low * low, CentredSquares(b, mean, item + 8) * high * high, item, ref Squares[at]);
                Store(CentredSum(b, mean, item) * low, CentredSum(b, mean, item + 8) * high, item, ref CentredSums[at]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<double> Inverse(int item) => Vector512.LoadUnsafe(ref _inverse[item]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<double> CentredSum(int b, double[] means, int item)
        => Vector512.LoadUnsafe(ref _sums.Sums[b][item]) - (_batches[b].Count * Vector512.LoadUnsafe(ref means[item]));

    // Zeros where a trace is constant or not finite, as its sums may be NaN.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Store(Vector512<double> low, Vector512<double> high, int item, ref float target)
    {
        var used = Vector512.GreaterThan(Vector512.LoadUnsafe(ref InverseRoot[item]), Vector512<float>.Zero);
        Vector512.ConditionalSelect(used, Vector512.Narrow(low, high), Vector512<float>.Zero).StoreUnsafe(ref target);
    }
}
