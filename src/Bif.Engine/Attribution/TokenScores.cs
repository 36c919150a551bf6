using System.Numerics.Tensors;
using Bif.Engine.Traces;

namespace Bif.Engine.Attribution;

/// <summary>Neighbouring tokens whose losses are summed: a token, a word, a sentence, a passage.</summary>
/// <param name="First">The first token.</param>
/// <param name="Count">Number of tokens.</param>
public readonly record struct TokenSpan(int First, int Count);

/// <summary>Scores of query spans against training spans: arrays [query span, span].</summary>
/// <param name="Bif">−Cov of the spans' summed losses, nats², negative = helpful. Scores of tokens add up to those of what they make up.</param>
/// <param name="Correlation">Posterior correlation, positive = helpful; 0 for a constant trace.</param>
/// <param name="CorrelationError">Its standard error by batch means.</param>
public sealed record TokenBlock(float[,] Bif, float[,] Correlation, float[,] CorrelationError);

/// <summary>
/// Scores between tokens, or words and sentences of them, on demand, from the windows of the traces that they need (METHOD section 3): each chain is
/// centred on its own mean, errors are batch means of the linearised correlation. Memory is draws × tokens asked for.
/// </summary>
/// <param name="store">Traces whose items are tokens.</param>
public sealed class TokenScores(TraceStore store)
{
    private readonly DrawBatch[] _batches = DrawBatch.Divide(store);

    /// <summary>Draws of all chains that count.</summary>
    public int Draws => _batches.Sum(batch => batch.Count);

    /// <summary>Scores a stretch of query tokens against a stretch of training tokens.</summary>
    /// <exception cref="InputException">There are too few draws.</exception>
    public TokenBlock Block(int firstQuery, int queries, int firstToken, int tokens)
        => Block(Single(firstQuery, queries), Single(firstToken, tokens));

    /// <summary>Scores query spans against training spans; what lies between the first and the last token of either is read.</summary>
    /// <exception cref="InputException">There are too few draws.</exception>
    public TokenBlock Block(IReadOnlyList<TokenSpan> querySpans, IReadOnlyList<TokenSpan> spans)
    {
        if (_batches.Length == 0)
        {
            throw new InputException($"The trace in {store.Directory} has no chain with two complete draws: sample more before asking for scores.");
        }

        var (queries, tokens) = (querySpans.Count, spans.Count);
        var x = Centred(store.ReadTrain, spans);
        var y = Centred(store.ReadQuery, querySpans);
        var (xSquares, ySquares) = (Squares(x, tokens), Squares(y, queries));
        var freedom = Math.Max(1, Draws - _batches.Select(batch => batch.Chain).Distinct().Count());
        var result = new TokenBlock(new float[queries, tokens], new float[queries, tokens], new float[queries, tokens]);
        var parts = new float[_batches.Length][];
        for (var query = 0; query < queries; query++)
        {
            for (var b = 0; b < _batches.Length; b++)
            {
                // Σ x·y over the draws of a batch, for all tokens.
                parts[b] = new float[tokens];
                for (var draw = 0; draw < _batches[b].Count; draw++)
                {
                    TensorPrimitives.MultiplyAdd(x[b].AsSpan(draw * tokens, tokens), y[b][(draw * queries) + query], parts[b], parts[b]);
                }
            }

            Score(query, parts, xSquares, ySquares, freedom, result);
        }

        return result;
    }

    private static void Score(int query, float[][] parts, double[][] xSquares, double[][] ySquares, double freedom, TokenBlock result)
    {
        var yTotal = ySquares.Sum(batch => batch[query]);
        for (var token = 0; token < parts[0].Length; token++)
        {
            var (product, xTotal) = (0.0, 0.0);
            for (var b = 0; b < parts.Length; b++)
            {
                product += parts[b][token];
                xTotal += xSquares[b][token];
            }

            result.Bif[query, token] = (float)(-product / freedom);
            if (!(xTotal > 0 && yTotal > 0))
            {
                continue;
            }

            var root = Math.Sqrt(xTotal * yTotal);
            var correlation = product / root;
            var error = 0.0;
            for (var b = 0; b < parts.Length; b++)
            {
                var term = (parts[b][token] / root) - (correlation / 2 * ((xSquares[b][token] / xTotal) + (ySquares[b][query] / yTotal)));
                error += term * term;
            }

            result.Correlation[query, token] = (float)Math.Clamp(correlation, -1, 1);
            result.CorrelationError[query, token] = (float)Math.Sqrt(error * parts.Length / (parts.Length - 1.0));
        }
    }

    private static TokenSpan[] Single(int first, int count) => [.. Enumerable.Range(first, count).Select(token => new TokenSpan(token, 1))];

    // Summed losses of spans around each chain's mean: [batch][draw × span].
    private float[][] Centred(Reader read, IReadOnlyList<TokenSpan> spans)
    {
        var (first, end, count) = (spans.Min(span => span.First), spans.Max(span => span.First + span.Count), spans.Count);
        var width = end - first;
        var centred = new float[_batches.Length][];
        foreach (var chain in _batches.Select((batch, index) => (batch, index)).GroupBy(entry => entry.batch.Chain))
        {
            var draws = chain.Last().batch.End;
            var window = new float[checked(draws * width)];
            read(chain.Key, 0, draws, first, width, window);

            // Around the first draw, so that a large offset costs no digits.
            var losses = new float[checked(draws * count)];
            var sums = new double[count];
            for (var draw = 0; draw < draws; draw++)
            {
                for (var index = 0; index < count; index++)
                {
                    var sum = 0.0;
                    for (var token = spans[index].First - first; token < spans[index].First - first + spans[index].Count; token++)
                    {
                        sum += (double)window[(draw * width) + token] - window[token];
                    }

                    losses[(draw * count) + index] = (float)sum;
                    sums[index] += sum;
                }
            }

            for (var index = 0; index < losses.Length; index++)
            {
                losses[index] = (float)(losses[index] - (sums[index % count] / draws));
            }

            foreach (var (batch, index) in chain)
            {
                centred[index] = losses[(batch.First * count)..(batch.End * count)];
            }
        }

        return centred;
    }

    private static double[][] Squares(float[][] centred, int count) => [.. centred.Select(batch =>
    {
        var squares = new double[count];
        for (var index = 0; index < batch.Length; index++)
        {
            squares[index % count] += (double)batch[index] * batch[index];
        }

        return squares;
    })];

    private delegate void Reader(int chain, int firstDraw, int draws, int first, int count, Span<float> losses);
}
