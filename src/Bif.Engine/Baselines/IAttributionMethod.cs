namespace Bif.Engine.Baselines;

/// <summary>
/// A comparison method: influence of training items on queries at one checkpoint. One file per method in
/// <c>Methods</c>, found by its <see cref="AttributionMethodAttribute"/>.
/// </summary>
public interface IAttributionMethod
{
    /// <summary>What, beside checkpoint, items and parameters, determines the scores; kept with them.</summary>
    IReadOnlyDictionary<string, object> Settings(MethodContext context);

    /// <summary>Computes the scores.</summary>
    /// <param name="context">Checkpoint, items and options.</param>
    /// <param name="progress">Receives the finished share, or null.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="InputException">The method cannot be used here; one sentence says why.</exception>
    ComparisonScores Score(MethodContext context, IProgress<double>? progress, CancellationToken cancellation);
}
