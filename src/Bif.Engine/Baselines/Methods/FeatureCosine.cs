using Bif.Engine.Data;
using static TorchSharp.torch;

namespace Bif.Engine.Baselines.Methods;

/// <summary>Cosines between features of queries and of training items, both less the training items' mean.</summary>
internal static class FeatureCosine
{
    /// <summary>Computes the cosines in pieces.</summary>
    /// <param name="context">The items.</param>
    /// <param name="features">Features [count, D] of some items.</param>
    /// <param name="progress">Receives the finished share.</param>
    /// <param name="cancellation">Ends the work.</param>
    public static float[] Scores(
        MethodContext context, Func<DataFeed, int, int, Tensor> features, IProgress<double>? progress, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (queries, items) = (context.Queries.Count, context.Train.Count);
        Tensor? sum = null;
        ForEachPiece(context.Train, context.Piece, (start, count) =>
        {
            var part = features(context.Train, start, count).sum([0L]);
            sum = sum is null ? part.MoveToOuterDisposeScope() : sum.add_(part);
            progress?.Report(0.5 * (start + count) / items);
        }, cancellation);
        var mean = sum!.div_(items);
        var units = new List<Tensor>();
        ForEachPiece(context.Queries, context.Piece, (start, count) => units.Add(Unit(features(context.Queries, start, count), mean).MoveToOuterDisposeScope()), cancellation);
        var asked = cat(units, 0);
        var matrix = new ScoreMatrix(queries, items);
        ForEachPiece(context.Train, context.Piece, (start, count) =>
        {
            matrix.Write(0, start, asked.matmul(Unit(features(context.Train, start, count), mean).t()));
            progress?.Report(0.5 + (0.5 * (start + count) / items));
        }, cancellation);
        return matrix.Values;
    }

    // Rows of length 1; 0 for what equals the mean.
    private static Tensor Unit(Tensor features, Tensor mean)
    {
        var centred = features - mean;
        return centred.div_(centred.square().sum([1L], keepdim: true).sqrt_().clamp_min_(1e-12));
    }

    private static void ForEachPiece(DataFeed feed, int piece, Action<int, int> work, CancellationToken cancellation)
    {
        for (var start = 0; start < feed.Count; start += piece)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            work(start, Math.Min(piece, feed.Count - start));
        }
    }
}
