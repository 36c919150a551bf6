using Bif.Engine.Baselines.Gradients;

namespace Bif.Engine.Baselines.Methods;

/// <summary>g_i·g_q/(|g_i|·|g_q|), −1 to 1; 0 where a gradient vanishes.</summary>
[AttributionMethod("cosine", "cosine of the loss gradients")]
internal sealed class GradientCosineMethod : IAttributionMethod
{
    /// <inheritdoc/>
    public IReadOnlyDictionary<string, object> Settings(MethodContext context) => new Dictionary<string, object>();

    /// <inheritdoc/>
    public ComparisonScores Score(MethodContext context, IProgress<double>? progress, CancellationToken cancellation)
    {
        using var source = new GradientSource(context);
        var scores = GradientPairs.Scores(
            context,
            source,
            queries =>
            {
                var lengths = queries.Lengths().clamp_min_(float.Epsilon).unsqueeze(1);
                return items => queries.Dot(items).div_(items.Lengths().clamp_min_(float.Epsilon)).div_(lengths);
            },
            flat: false,
            progress,
            cancellation);
        return new ComparisonScores(scores, source.ForwardPasses, source.BackwardPasses);
    }
}
