namespace Bif.Engine.Baselines.Methods;

/// <summary>Cosine of the inputs themselves (an image's normalised pixels), less their mean: knows neither labels nor model.</summary>
[AttributionMethod("pixels", "cosine of the inputs (pixels), less their mean")]
internal sealed class PixelSimilarityMethod : IAttributionMethod
{
    /// <inheritdoc/>
    public IReadOnlyDictionary<string, object> Settings(MethodContext context) => new Dictionary<string, object>();

    /// <inheritdoc/>
    public ComparisonScores Score(MethodContext context, IProgress<double>? progress, CancellationToken cancellation)
        => context.TrainData.Text is null
            ? new ComparisonScores(FeatureCosine.Scores(context, static (feed, start, count) => feed.Range(start, count).Inputs.flatten(1), progress, cancellation), 0, 0)
            : throw new InputException("pixels compares images or tables of numbers, and these items are texts: use embedding or bm25.");
}
