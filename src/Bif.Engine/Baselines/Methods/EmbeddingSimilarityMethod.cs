using Bif.Engine.Curvature;
using Bif.Engine.Data;
using Bif.Engine.Models;
using static TorchSharp.torch;

namespace Bif.Engine.Baselines.Methods;

/// <summary>
/// Cosine of what the last linear layer takes (the penultimate representation), less the training items' mean; of a text
/// the mean over its tokens.
/// </summary>
[AttributionMethod("embedding", "cosine of the last linear layer's inputs, less their mean")]
internal sealed class EmbeddingSimilarityMethod : IAttributionMethod
{
    /// <inheritdoc/>
    public IReadOnlyDictionary<string, object> Settings(MethodContext context) => new Dictionary<string, object>();

    /// <inheritdoc/>
    public ComparisonScores Score(MethodContext context, IProgress<double>? progress, CancellationToken cancellation)
    {
        var (model, passes) = (context.Model, 0.0);
        var selection = ParameterSelection.All(model.Layout);
        using var weights = model.Bind(selection, model.Parameters, null);
        var scores = FeatureCosine.Scores(
            context,
            (feed, start, count) =>
            {
                passes += count;
                return Features(model, weights, new SeenLayers(selection, model.Layout), feed.Range(start, count));
            },
            progress,
            cancellation);
        return new ComparisonScores(scores, passes, 0);
    }

    private static Tensor Features(Model model, Weights weights, SeenLayers seen, Batch batch)
    {
        weights.Observer = seen;
        model.Architecture.Forward(weights, batch.Inputs);
        weights.Observer = null;
        var last = seen.Layers.FindLast(layer => layer.Kernel == 0)
            ?? throw new InputException($"embedding needs a linear layer that it can see into, and the {model.Config.ModelType} {model.Path} shows none: use pixels, cosine or gradsim.");
        if (last.Inputs.dim() == 2)
        {
            return last.Inputs;
        }

        // Padding has no target.
        var counts = batch.Targets.ge(0).to(float32).unsqueeze(2);
        return (last.Inputs * counts).sum([1L]).div_(counts.sum([1L]).clamp_min_(1));
    }
}
