namespace Bif.Engine.Attribution;

/// <summary>Centred second moments of a block of items, for the whole run and for its two halves.</summary>
internal sealed class ItemMoments
{
    private readonly DrawBatch[] _batches;
    private readonly ItemBlockSums _sums;

    /// <summary>Centres the sums.</summary>
    /// <param name="batches">The batches of draws.</param>
    /// <param name="sums">The block's sums.</param>
    /// <param name="centering">Around which mean.</param>
    public ItemMoments(DrawBatch[] batches, ItemBlockSums sums, Centering centering)
    {
        (_batches, _sums) = (batches, sums);
        var chains = sums.ShiftTotal.Length;
        ChainMeans = [.. Enumerable.Range(0, chains).Select(_ => new double[sums.Padded])];
        CentredSums = [.. batches.Select(_ => new double[sums.Padded])];
        Squares = [.. batches.Select(_ => new double[sums.Padded])];
        HalfSquares = [new double[sums.Padded], new double[sums.Padded]];
        TotalSquares = new double[sums.Padded];
        Constant = new bool[sums.Count];
        var draws = new double[chains];
        foreach (var batch in batches)
        {
            draws[batch.Chain] += batch.Count;
        }

        for (var item = 0; item < sums.Count; item++)
        {
            Centre(item, draws, centering);
        }
    }

    /// <summary>The centre of x in each chain, relative to what was subtracted: [chain][item].</summary>
    public double[][] ChainMeans { get; }

    /// <summary>Σ(x − centre): [batch][item].</summary>
    public double[][] CentredSums { get; }

    /// <summary>Σ(x − centre)²: [batch][item].</summary>
    public double[][] Squares { get; }

    /// <summary>Σ(x − centre)² over a half of the run: [half][item].</summary>
    public double[][] HalfSquares { get; }

    /// <summary>Σ(x − centre)² over the run, by item; 0 for a constant trace.</summary>
    public double[] TotalSquares { get; }

    /// <summary>Whether a trace has no variance, or values that are not finite: it gets score 0.</summary>
    public bool[] Constant { get; }

    /// <summary>Number of traces with variance.</summary>
    public int Usable => Constant.Count(constant => !constant);

    /// <summary>Number of traces with values that are not finite.</summary>
    public int NonFinite { get; private set; }

    private void Centre(int item, double[] draws, Centering centering)
    {
        for (var b = 0; b < _batches.Length; b++)
        {
            ChainMeans[_batches[b].Chain][item] += _sums.Sums[b][item] / draws[_batches[b].Chain];
        }

        if (centering == Centering.Pooled)
        {
            var (mean, total) = (0.0, draws.Sum());
            for (var chain = 0; chain < draws.Length; chain++)
            {
                mean += draws[chain] / total * (ChainMeans[chain][item] + _sums.Shift(chain, item));
            }

            for (var chain = 0; chain < draws.Length; chain++)
            {
                ChainMeans[chain][item] = mean - _sums.Shift(chain, item);
            }
        }

        for (var b = 0; b < _batches.Length; b++)
        {
            var (mean, count) = (ChainMeans[_batches[b].Chain][item], _batches[b].Count);
            CentredSums[b][item] = _sums.Sums[b][item] - (count * mean);
            Squares[b][item] = _sums.Squares[b][item] - (mean * (_sums.Sums[b][item] + CentredSums[b][item]));
            HalfSquares[_batches[b].Half][item] += Squares[b][item];
            TotalSquares[item] += Squares[b][item];
        }

        NonFinite += double.IsFinite(TotalSquares[item]) ? 0 : 1;
        if (!(TotalSquares[item] > 0) || !double.IsFinite(TotalSquares[item]))
        {
            Constant[item] = true;
            TotalSquares[item] = 0;
        }
    }
}
