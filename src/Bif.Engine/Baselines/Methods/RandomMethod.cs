using Bif.Kernels;

namespace Bif.Engine.Baselines.Methods;

/// <summary>Independent standard normal scores: what a method that knows nothing reaches.</summary>
[AttributionMethod("random", "independent random scores")]
internal sealed class RandomMethod : IAttributionMethod
{
    /// <inheritdoc/>
    public IReadOnlyDictionary<string, object> Settings(MethodContext context) => new Dictionary<string, object> { ["seed"] = context.Options.Seed };

    /// <inheritdoc/>
    public ComparisonScores Score(MethodContext context, IProgress<double>? progress, CancellationToken cancellation)
    {
        var scores = new float[checked((long)context.Queries.Count * context.Train.Count)];
        for (var query = 0; query < context.Queries.Count; query++)
        {
            Philox.Normals(scores.AsSpan(query * context.Train.Count, context.Train.Count), context.Options.Seed, (uint)query, PhiloxPurpose.Comparison, 0);
        }

        return new ComparisonScores(scores, 0, 0);
    }
}
