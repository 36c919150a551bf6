using static TorchSharp.torch;

namespace Bif.Engine.Baselines.Gradients;

/// <summary>Runs over blocks of queries and pieces of training items, so that only a block of gradients exists at a time.</summary>
internal static class GradientPairs
{
    // Numbers that a block of queries' gradients may take: 256 MiB.
    private const long BlockElements = 64L << 20;

    /// <summary>Computes scores pair of blocks by pair of blocks.</summary>
    /// <param name="context">The items.</param>
    /// <param name="source">Where gradients come from.</param>
    /// <param name="prepare">
    /// Takes a block of queries' loss gradients and returns what gives, for a piece of items' loss gradients, their
    /// helpfulness [queries, items].
    /// </param>
    /// <param name="flat">Whether whole gradients [P] are formed rather than factors.</param>
    /// <param name="progress">Receives the finished share.</param>
    /// <param name="cancellation">Ends the work.</param>
    public static float[] Scores(
        MethodContext context,
        GradientSource source,
        Func<ItemGradients, Func<ItemGradients, Tensor>> prepare,
        bool flat,
        IProgress<double>? progress,
        CancellationToken cancellation)
    {
        var (queries, items) = (context.Queries.Count, context.Train.Count);
        var matrix = new ScoreMatrix(queries, items);
        var (block, piece) = (BlockOf(context, source, flat), Math.Min(context.Piece, BlockOf(context, source, flat)));
        for (var query = 0; query < queries; query += block)
        {
            using var scope = NewDisposeScope();
            var width = Math.Min(block, queries - query);
            var gradients = source.Losses(context.Queries, query, width);
            Func<ItemGradients, Tensor> score;
            using (no_grad())
            {
                if (!flat)
                {
                    gradients.Form();
                }

                score = prepare(gradients);
            }

            for (var item = 0; item < items; item += piece)
            {
                cancellation.ThrowIfCancellationRequested();
                using var inner = NewDisposeScope();
                var others = source.Losses(context.Train, item, Math.Min(piece, items - item));
                using var noGradient = no_grad();
                matrix.Write(query, item, score(others));
                progress?.Report((query + (width * (item + others.Count) / (double)items)) / queries);
            }
        }

        return matrix.Values;
    }

    /// <summary>Items whose gradients fit in memory at a time.</summary>
    public static int BlockOf(MethodContext context, GradientSource source, bool flat)
        => (int)Math.Clamp(BlockElements / Math.Max(1, flat ? context.Center.numel() : source.HeldPerItem), 1, 1024);
}
