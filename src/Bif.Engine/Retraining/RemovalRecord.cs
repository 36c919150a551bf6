namespace Bif.Engine.Retraining;

/// <summary>What leaving a set of training items out does to the queries: predicted by the run, and measured by retraining.</summary>
public sealed record RemovalRecord
{
    /// <summary>The run, by its id.</summary>
    public required string Run { get; init; }

    /// <summary>The items left out, by rising index.</summary>
    public required int[] Without { get; init; }

    /// <summary>Models trained on all items, and as many without the set.</summary>
    public required int Repeats { get; init; }

    /// <summary>How they were trained, in words.</summary>
    public required string Recipe { get; init; }

    /// <summary>Predicted change of each query's loss (nats, positive = worse), first order: −nβ·ΣBIF/n.</summary>
    public required double[] Predicted { get; init; }

    /// <summary>Measured change of each query's loss: mean without the set minus mean with it, nats.</summary>
    public required double[] Measured { get; init; }

    /// <summary>Standard error of each measured change, from the scatter between repeats.</summary>
    public required double[] MeasuredError { get; init; }

    /// <summary>Rank correlation of predicted and measured changes over the queries; NaN where one of them is constant.</summary>
    public double RankCorrelation => Spearman.Of(Predicted, Measured);
}
