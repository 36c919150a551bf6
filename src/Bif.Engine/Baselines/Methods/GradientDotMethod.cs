using Bif.Engine.Baselines.Gradients;

namespace Bif.Engine.Baselines.Methods;

/// <summary>g_i·g_q, nats² per unit of squared weight: what one step of gradient descent on item i does to query q.</summary>
[AttributionMethod("gradsim", "dot product of the loss gradients")]
internal sealed class GradientDotMethod : IAttributionMethod
{
    /// <inheritdoc/>
    public IReadOnlyDictionary<string, object> Settings(MethodContext context) => new Dictionary<string, object>();

    /// <inheritdoc/>
    public ComparisonScores Score(MethodContext context, IProgress<double>? progress, CancellationToken cancellation)
    {
        using var source = new GradientSource(context);
        var scores = GradientPairs.Scores(context, source, queries => queries.Dot, flat: false, progress, cancellation);
        return new ComparisonScores(scores, source.ForwardPasses, source.BackwardPasses);
    }
}
