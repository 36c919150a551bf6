using System.Numerics.Tensors;

namespace Bif.Engine.Attribution;

/// <summary>Scores of one query span against all spans of the corpus.</summary>
/// <param name="Correlation">Posterior correlation by span, positive = helpful; 0 for a constant trace.</param>
/// <param name="Bif">−Cov by span, nats², negative = helpful.</param>
public sealed record SpanScores(float[] Correlation, float[] Bif);

/// <summary>
/// The whole corpus against one query span: one pass over the traces per query span, a chunk at a time on every core, so that
/// neither memory nor time knows a token × token matrix. Variances, which are the same for every query, are measured at the
/// first pass and kept. Errors are for the few spans that are shown (<see cref="TokenScores"/>).
/// </summary>
/// <param name="scores">The traces.</param>
/// <param name="spans">All training spans, rising, each token in one at most.</param>
public sealed class TokenSweep(TokenScores scores, IReadOnlyList<TokenSpan> spans)
{
    // Tokens that are read together when variances are measured.
    private const int TokensAtATime = 4096;
    private readonly Lock _gate = new();
    private double[]? _squares;
    private double[]? _withCommon;

    /// <summary>The spans.</summary>
    public IReadOnlyList<TokenSpan> Spans => spans;

    /// <summary>Scores them.</summary>
    /// <param name="query">Series of query spans.</param>
    /// <param name="index">Which of them.</param>
    /// <param name="isPartial">Whether the common mode is removed.</param>
    /// <param name="cancellation">Gives up.</param>
    public SpanScores Of(SpanSeries query, int index, bool isPartial, CancellationToken cancellation)
    {
        var (squares, withCommon) = Moments(isPartial, cancellation);
        var products = Products(scores.ByChain(query, index), cancellation);
        var own = query.Squares.Sum(batch => batch[index]);
        var (ownWithCommon, common) = isPartial ? (query.With(scores.Common.Series).Sum(batch => batch[index]), scores.Common.Squares.Sum()) : default;
        var result = new SpanScores(new float[spans.Count], new float[spans.Count]);
        for (var span = 0; span < spans.Count; span++)
        {
            var (xy, xx, yy) = (0.0, squares[span], own);
            for (var token = spans[span].First; token < spans[span].First + spans[span].Count; token++)
            {
                xy += products[token];
            }

            if (isPartial)
            {
                new CommonRemoval(
                    new(ref xy), new(ref xx), new(ref yy), [withCommon![span]], [ownWithCommon], [common]).Apply(scores.Tokens - spans[span].Count);
            }

            result.Bif[span] = (float)(-xy / scores.Freedom);
            result.Correlation[span] = xx > 0 && yy > 0 ? (float)Math.Clamp(xy / Math.Sqrt(xx * yy), -1, 1) : 0;
        }

        return result;
    }

    /// <summary>Variances of the spans' summed losses over the draws, nats².</summary>
    internal double[] Variances(CancellationToken cancellation) => [.. Moments(false, cancellation).Squares.Select(square => square / scores.Freedom)];

    // Σ x·y over all draws, by token. The query is centred, so the tokens need not be.
    private double[] Products(float[][] query, CancellationToken cancellation)
    {
        var (store, shape) = (scores.Store, scores.Store.Shape);
        var columns = store.TrainColumns;
        var products = new double[shape.TrainItems];
        Parallel.For(
            0,
            (shape.TrainItems + columns - 1) / columns,
            new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount },
            () => (Chunk: new float[shape.DrawsPerBlock * columns], Sums: new float[columns], Wide: new double[columns]),
            (itemBlock, _, memory) =>
            {
                var count = Math.Min(columns, shape.TrainItems - (itemBlock * columns));
                var total = products.AsSpan(itemBlock * columns, count);
                for (var chain = 0; chain < query.Length; chain++)
                {
                    for (var block = 0; block * shape.DrawsPerBlock < query[chain].Length; block++)
                    {
                        store.ReadTrainChunk(chain, block, itemBlock, memory.Chunk);
                        var first = block * shape.DrawsPerBlock;
                        var sums = memory.Sums.AsSpan(0, count);
                        sums.Clear();
                        for (var row = 0; row < Math.Min(shape.DrawsPerBlock, query[chain].Length - first); row++)
                        {
                            TensorPrimitives.MultiplyAdd(memory.Chunk.AsSpan(row * columns, count), query[chain][first + row], sums, sums);
                        }

                        TensorPrimitives.ConvertTruncating<float, double>(sums, memory.Wide.AsSpan(0, count));
                        TensorPrimitives.Add(total, memory.Wide.AsSpan(0, count), total);
                    }
                }

                return memory;
            },
            _ => { });
        return products;
    }

    // Σx² and Σx·M of every span, M the sum of all tokens.
    private (double[] Squares, double[]? WithCommon) Moments(bool isPartial, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_squares is null || (isPartial && _withCommon is null))
            {
                var (squares, withCommon) = (new double[spans.Count], isPartial ? new double[spans.Count] : null);
                var options = new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount };
                Parallel.ForEach(Groups(), options, group =>
                {
                    var series = scores.OfTraining([.. Enumerable.Range(group.First, group.Count).Select(index => spans[index])]);
                    for (var index = 0; index < group.Count; index++)
                    {
                        squares[group.First + index] = series.Squares.Sum(batch => batch[index]);
                        if (withCommon is not null)
                        {
                            withCommon[group.First + index] = series.With(scores.Common.Series).Sum(batch => batch[index]);
                        }
                    }
                });
                (_squares, _withCommon) = (squares, withCommon ?? _withCommon);
            }

            return (_squares, _withCommon);
        }
    }

    // Stretches of neighbouring spans.
    private IEnumerable<(int First, int Count)> Groups()
    {
        for (var first = 0; first < spans.Count;)
        {
            var end = first + 1;
            while (end < spans.Count && spans[end].First + spans[end].Count - spans[first].First <= TokensAtATime)
            {
                end++;
            }

            yield return (first, end - first);
            first = end;
        }
    }
}
