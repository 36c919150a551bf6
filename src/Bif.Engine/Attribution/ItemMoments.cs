using System.Numerics.Tensors;

namespace Bif.Engine.Attribution;

/// <summary>
/// Second moments of a block of items, and what the scores of any query need of them in standardised units: x divided by
/// the root of its total square, so that float32 holds it whatever the scale of the losses.
/// </summary>
internal sealed class ItemMoments
{
    private readonly DrawBatch[] _batches;
    private readonly ItemBlockSums _sums;

    /// <summary>Centres and standardises the sums.</summary>
    /// <param name="batches">The batches of draws.</param>
    /// <param name="sums">The block's sums.</param>
    /// <param name="centering">Around which mean.</param>
    public ItemMoments(DrawBatch[] batches, ItemBlockSums sums, Centering centering)
    {
        (_batches, _sums) = (batches, sums);
        TotalSquares = new double[sums.Padded];
        (Root, InverseRoot) = (new float[sums.Padded], new float[sums.Padded]);
        Means = new float[sums.ShiftTotal.Length * sums.Padded];
        (Squares, CentredSums) = (new float[batches.Length * sums.Padded], new float[batches.Length * sums.Padded]);
        HalfScale = [new float[sums.Padded], new float[sums.Padded]];
        var means = Centres(centering);
        var squares = CentreSquares(means);
        SetRoots(squares);
        Standardise(means, squares);
    }

    /// <summary>Σ(x − centre)² over the run, by item; 0 for a constant trace.</summary>
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

    /// <summary>Number of traces with variance.</summary>
    public int Usable { get; private set; }

    /// <summary>Number of traces with values that are not finite, which count as constant.</summary>
    public int NonFinite { get; private set; }

    /// <summary>Whether a trace has no variance.</summary>
    public bool IsConstant(int item) => TotalSquares[item] == 0;

    /// <summary>Split R̂ by item; NaN for a constant trace.</summary>
    public double[] Rhat()
    {
        var halves = new SplitRhat.Moments[_sums.Count];
        for (var b = 0; b < _batches.Length;)
        {
            var (first, count) = (b, 0);
            while (b < _batches.Length && _batches[b].Chain == _batches[first].Chain && _batches[b].Late == _batches[first].Late)
            {
                count += _batches[b++].Count;
            }

            for (var item = 0; item < halves.Length; item++)
            {
                var (sum, squares) = (0.0, 0.0);
                for (var part = first; part < b; part++)
                {
                    sum += _sums.Sums[part][item];
                    squares += _sums.Squares[part][item];
                }

                halves[item].Add(count, _sums.Shift(_batches[first].Chain, item) + (sum / count), squares - (sum * sum / count));
            }
        }

        return [.. halves.Select((moments, item) => IsConstant(item) ? double.NaN : moments.Value)];
    }

    // The centre of x in each chain, relative to what was subtracted.
    private double[][] Centres(Centering centering)
    {
        var draws = new double[_sums.ShiftTotal.Length];
        double[][] means = [.. draws.Select(_ => new double[_sums.Count])];
        for (var b = 0; b < _batches.Length; b++)
        {
            draws[_batches[b].Chain] += _batches[b].Count;
            for (var item = 0; item < _sums.Count; item++)
            {
                means[_batches[b].Chain][item] += _sums.Sums[b][item];
            }
        }

        var total = draws.Sum();
        for (var item = 0; item < _sums.Count; item++)
        {
            var pooled = 0.0;
            for (var chain = 0; chain < draws.Length; chain++)
            {
                means[chain][item] /= Math.Max(1, draws[chain]);
                pooled += draws[chain] / total * (means[chain][item] + _sums.Shift(chain, item));
            }

            for (var chain = 0; centering == Centering.Pooled && chain < draws.Length; chain++)
            {
                means[chain][item] = pooled - _sums.Shift(chain, item);
            }
        }

        return means;
    }

    private double[][] CentreSquares(double[][] means)
    {
        double[][] squares = [.. _batches.Select(_ => new double[_sums.Count])];
        for (var b = 0; b < _batches.Length; b++)
        {
            var (mean, sums, count) = (means[_batches[b].Chain], _sums.Sums[b], _batches[b].Count);
            for (var item = 0; item < _sums.Count; item++)
            {
                squares[b][item] = _sums.Squares[b][item] - (mean[item] * ((2 * sums[item]) - (count * mean[item])));
            }
        }

        return squares;
    }

    private void SetRoots(double[][] squares)
    {
        var halves = new double[2][];
        for (var half = 0; half < 2; half++)
        {
            halves[half] = new double[_sums.Count];
            for (var b = 0; b < _batches.Length; b++)
            {
                if (_batches[b].Half == half)
                {
                    TensorPrimitives.Add(halves[half], squares[b], halves[half]);
                }
            }
        }

        for (var item = 0; item < _sums.Count; item++)
        {
            var total = halves[0][item] + halves[1][item];
            NonFinite += double.IsFinite(total) ? 0 : 1;
            if (!(total > 0) || !double.IsFinite(total))
            {
                continue;
            }

            Usable++;
            TotalSquares[item] = total;
            (Root[item], InverseRoot[item]) = ((float)Math.Sqrt(total), (float)(1 / Math.Sqrt(total)));
            HalfScale[0][item] = halves[0][item] > 0 ? (float)Math.Sqrt(total / halves[0][item]) : 0;
            HalfScale[1][item] = halves[1][item] > 0 ? (float)Math.Sqrt(total / halves[1][item]) : 0;
        }
    }

    // Zeros stay where a trace is constant or not finite.
    private void Standardise(double[][] means, double[][] squares)
    {
        for (var chain = 0; chain < means.Length; chain++)
        {
            for (var item = 0; item < _sums.Count; item++)
            {
                Means[(chain * _sums.Padded) + item] = InverseRoot[item] > 0 ? (float)(means[chain][item] * InverseRoot[item]) : 0;
            }
        }

        for (var b = 0; b < _batches.Length; b++)
        {
            var (mean, sums, count) = (means[_batches[b].Chain], _sums.Sums[b], _batches[b].Count);
            var squaresOut = Squares.AsSpan(b * _sums.Padded, _sums.Count);
            var sumsOut = CentredSums.AsSpan(b * _sums.Padded, _sums.Count);
            for (var item = 0; item < squaresOut.Length; item++)
            {
                var inverse = (double)InverseRoot[item];
                squaresOut[item] = inverse > 0 ? (float)(squares[b][item] * inverse * inverse) : 0;
                sumsOut[item] = inverse > 0 ? (float)((sums[item] - (count * mean[item])) * inverse) : 0;
            }
        }
    }
}
