namespace Bif.Engine.Attribution;

/// <summary>The scores of one query against a block of items; reused from query to query.</summary>
/// <param name="items">Padded number of items of a block.</param>
internal sealed class QueryScores(int items)
{
    /// <summary>−Cov(ℓ_i, ℓ_q), nats².</summary>
    public float[] Bif { get; } = new float[items];

    /// <summary>Its standard error.</summary>
    public float[] BifError { get; } = new float[items];

    /// <summary>Corr(ℓ_i, ℓ_q), in [−1, 1].</summary>
    public float[] Correlation { get; } = new float[items];

    /// <summary>Its standard error.</summary>
    public float[] CorrelationError { get; } = new float[items];

    /// <summary>Correlations of the two halves of the run.</summary>
    public float[][] HalfCorrelation { get; } = [new float[items], new float[items]];

    /// <summary>Sums over the block's items.</summary>
    public ScoreTotals Totals { get; set; } = ScoreTotals.None;

    /// <summary>The scores of a query without variance: 0, never NaN.</summary>
    public void Clear()
    {
        foreach (var scores in new[] { Bif, BifError, Correlation, CorrelationError, HalfCorrelation[0], HalfCorrelation[1] })
        {
            Array.Clear(scores);
        }

        Totals = ScoreTotals.None;
    }
}
