using Bif.Engine.Baselines.Gradients;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Kernels;
using static TorchSharp.torch;

namespace Bif.Engine.Baselines.Methods;

/// <summary>Margins' gradients at one checkpoint under a random projection by independent signs, and the weights Q.</summary>
internal sealed class TrakFeatures(MethodContext context, int dimension) : IDisposable
{
    /// <summary>Rows of the projection [P, k] that are made at a time: no more of it ever exists.</summary>
    public const int ProjectionRows = 8192;

    private readonly GradientSource _source = new(context);
    private double _weighing;

    /// <summary>Forward passes of one item each.</summary>
    public double ForwardPasses => _source.ForwardPasses + _weighing;

    /// <summary>Backward passes of one item each.</summary>
    public double BackwardPasses => _source.BackwardPasses;

    /// <summary>Projected gradients φ [count, k] and weights Q [count] of all items, float64.</summary>
    public (Tensor Features, Tensor Weights) Of(DataFeed feed, IProgress<double>? progress, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var features = empty([feed.Count, dimension], float64, context.Device);
        var weights = Weights(feed, cancellation);
        var block = GradientPairs.BlockOf(context, _source, flat: true);
        for (var start = 0; start < feed.Count; start += block)
        {
            using var inner = NewDisposeScope();
            var count = Math.Min(block, feed.Count - start);
            var rows = new List<Tensor>();
            for (var place = start; place < start + count; place += context.Piece)
            {
                cancellation.ThrowIfCancellationRequested();
                using var piece = NewDisposeScope();
                var length = Math.Min(context.Piece, start + count - place);
                var gradients = _source.Of(feed, place, length, Value)[0];
                using var noGradient = no_grad();
                rows.Add(gradients.Flat().MoveToOuterDisposeScope());
                progress?.Report((place + length) / (double)feed.Count);
            }

            using var none = no_grad();
            features.narrow(0, start, count).copy_(Project(cat(rows, 0), cancellation));
        }

        return (features.MoveToOuterDisposeScope(), weights.MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();

    private Tensor Project(Tensor gradients, CancellationToken cancellation)
    {
        var result = zeros([gradients.shape[0], dimension], device: context.Device);
        for (var start = 0L; start < gradients.shape[1]; start += ProjectionRows)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var length = Math.Min(ProjectionRows, gradients.shape[1] - start);
            var signs = empty([length, dimension], device: context.Device);
            LangevinStep.Normals(signs, context.Options.Seed, (uint)(start / ProjectionRows), PhiloxPurpose.Comparison, 1);
            result.addmm_(gradients.narrow(1, start, length), signs.sign());
        }

        return result;
    }

    // Q [items]: 1 − p of the right class, of a text its mean over tokens; of a prediction its residual.
    private Tensor Weights(DataFeed feed, CancellationToken cancellation)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var weights = context.Model.Bind(context.Selection, context.Center, null);
        var parts = new List<Tensor>();
        for (var start = 0; start < feed.Count; start += context.Piece)
        {
            cancellation.ThrowIfCancellationRequested();
            using var piece = NewDisposeScope();
            var batch = feed.Range(start, Math.Min(context.Piece, feed.Count - start));
            var outputs = context.Model.Outputs(weights, batch);
            parts.Add(Weights(outputs, batch).to(float64).MoveToOuterDisposeScope());
        }

        _weighing += feed.Count;
        return cat(parts, 0).MoveToOuterDisposeScope();
    }

    private Tensor Weights(Tensor outputs, Batch batch)
    {
        switch (context.Model.Objective)
        {
            case Objective.HalfSquaredError:
                return batch.Targets - outputs;
            case Objective.CrossEntropy:
                return Margin(outputs, batch.Targets).mul(-1).sigmoid();
            default:
                var each = Margin(outputs.flatten(0, 1), ItemValues.Labels(batch)).mul(-1).sigmoid();
                return ItemValues.PerText(batch, each).div(batch.Targets.ge(0).sum([1L]).clamp_min(1));
        }
    }

    private Tensor Value(Tensor outputs, Batch batch) => context.Model.Objective switch
    {
        Objective.HalfSquaredError => outputs,
        Objective.CrossEntropy => Margin(outputs, batch.Targets),
        _ => ItemValues.PerText(batch, Margin(outputs.flatten(0, 1), ItemValues.Labels(batch))),
    };

    // log p/(1 − p) [rows] of the right class, which is z_y − logsumexp over the others.
    private static Tensor Margin(Tensor logits, Tensor labels)
    {
        var index = labels.unsqueeze(1);
        var label = logits.gather(1, index);
        return label.squeeze(1) - logits.scatter(1, index, full_like(label.detach(), float.NegativeInfinity)).logsumexp(1);
    }
}
