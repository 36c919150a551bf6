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
/// Scores between tokens, or words and sentences of them, on demand, from the windows of the traces that they need (METHOD section 3): draws are
/// centred as the run's items are, errors are batch means of the linearised correlation. Memory is draws × tokens asked for.
/// The partial view scores what is left after regressing both spans on the mean loss of all training tokens outside the
/// training span; it does not add up over tokens. Safe to use from several threads.
/// </summary>
public sealed class TokenScores
{
    private readonly TraceStore _store;
    private readonly Centering _centering;
    private readonly DrawBatch[] _batches;
    private readonly Lazy<(double[][] Series, double[] Squares)> _common;

    /// <summary>Prepares to read.</summary>
    /// <param name="store">Traces whose items are tokens.</param>
    /// <param name="centering">Around each chain's mean, or that of all.</param>
    /// <exception cref="InputException">There are too few draws.</exception>
    public TokenScores(TraceStore store, Centering centering = Centering.PerChain)
    {
        (_store, _centering, _batches) = (store, centering, DrawBatch.Divide(store));
        if (_batches.Length == 0)
        {
            throw new InputException($"The trace in {store.Directory} has no chain with two complete draws: sample more before asking for scores.");
        }

        _common = new(() =>
        {
            var chains = CentredSeries.OfItems(store, null, centering);
            var series = _batches.Select(batch => chains[batch.Chain][batch.First..batch.End]).ToArray();
            return (series, [.. series.Select(batch => batch.Sum(value => value * value))]);
        });
    }

    /// <summary>Draws of all chains that count.</summary>
    public int Draws => _batches.Sum(batch => batch.Count);

    /// <summary>Training tokens.</summary>
    public int Tokens => _store.Shape.TrainItems;

    /// <summary>The traces.</summary>
    internal TraceStore Store => _store;

    /// <summary>Draws less one per mean that was taken out.</summary>
    internal double Freedom => Math.Max(1, Draws - Together().Count());

    /// <summary>The sum of all training tokens by batch and draw around its mean, and its squares by batch; the first call reads all traces.</summary>
    internal (double[][] Series, double[] Squares) Common => _common.Value;

    /// <summary>Scores a stretch of query tokens against a stretch of training tokens.</summary>
    public TokenBlock Block(int firstQuery, int queries, int firstToken, int tokens)
        => Block(Single(firstQuery, queries), Single(firstToken, tokens));

    /// <summary>Scores query spans against training spans; what lies between the first and the last token of either is read.</summary>
    public TokenBlock Block(IReadOnlyList<TokenSpan> querySpans, IReadOnlyList<TokenSpan> spans, bool isPartial = false)
        => Block(OfQueries(querySpans), OfTraining(spans), isPartial);

    /// <summary>Reads training spans.</summary>
    public SpanSeries OfTraining(IReadOnlyList<TokenSpan> spans) => Read(_store.ReadTrain, spans);

    /// <summary>Reads query spans.</summary>
    public SpanSeries OfQueries(IReadOnlyList<TokenSpan> spans) => Read(_store.ReadQuery, spans);

    /// <summary>Scores spans that were read.</summary>
    /// <param name="queries">Query spans.</param>
    /// <param name="tokens">Training spans.</param>
    /// <param name="isPartial">Whether the common mode is removed.</param>
    public TokenBlock Block(SpanSeries queries, SpanSeries tokens, bool isPartial = false)
    {
        var result = new TokenBlock(new float[queries.Count, tokens.Count], new float[queries.Count, tokens.Count], new float[queries.Count, tokens.Count]);
        var parts = _batches.Select(_ => new float[tokens.Count]).ToArray();
        for (var query = 0; query < queries.Count; query++)
        {
            for (var b = 0; b < _batches.Length; b++)
            {
                // Σ x·y over the draws of a batch, for all spans.
                Array.Clear(parts[b]);
                for (var draw = 0; draw < _batches[b].Count; draw++)
                {
                    TensorPrimitives.MultiplyAdd(tokens.Values[b].AsSpan(draw * tokens.Count, tokens.Count), queries.Values[b][(draw * queries.Count) + query], parts[b], parts[b]);
                }
            }

            Score(query, parts, queries, tokens, isPartial, result);
        }

        return result;
    }

    /// <summary>The series of one span by chain and draw; chains without draws are empty.</summary>
    internal float[][] ByChain(SpanSeries series, int index) => [.. Enumerable.Range(0, _store.Shape.Chains).Select(chain => _batches
        .Select((batch, b) => (batch.Chain, Values: series.Values[b])).Where(entry => entry.Chain == chain)
        .SelectMany(entry => Enumerable.Range(0, entry.Values.Length / series.Count).Select(draw => entry.Values[(draw * series.Count) + index])).ToArray())];

    private void Score(int query, float[][] parts, SpanSeries queries, SpanSeries tokens, bool isPartial, TokenBlock result)
    {
        var count = _batches.Length;
        var common = isPartial ? Common : default;
        var (withX, withY) = isPartial ? (tokens.With(common.Series), queries.With(common.Series)) : (null, null);
        Span<double> xy = stackalloc double[count], xx = stackalloc double[count], yy = stackalloc double[count], mx = stackalloc double[count], my = stackalloc double[count];
        for (var token = 0; token < tokens.Count; token++)
        {
            for (var b = 0; b < count; b++)
            {
                (xy[b], xx[b], yy[b]) = (parts[b][token], tokens.Squares[b][token], queries.Squares[b][query]);
                (mx[b], my[b]) = isPartial ? (withX![b][token], withY![b][query]) : default;
            }

            if (isPartial)
            {
                new CommonRemoval(xy, xx, yy, mx, my, common.Squares).Apply(Tokens - tokens.Sizes[token]);
            }

            (result.Bif[query, token], result.Correlation[query, token], result.CorrelationError[query, token]) = Score(xy, xx, yy);
        }
    }

    // BIF, correlation and its error by batch means of the linearised correlation.
    private (float Bif, float Correlation, float Error) Score(ReadOnlySpan<double> xy, ReadOnlySpan<double> xx, ReadOnlySpan<double> yy)
    {
        var (product, xTotal, yTotal) = (TensorPrimitives.Sum(xy), TensorPrimitives.Sum(xx), TensorPrimitives.Sum(yy));
        var bif = (float)(-product / Freedom);
        if (!(xTotal > 0 && yTotal > 0))
        {
            return (bif, 0, 0);
        }

        var root = Math.Sqrt(xTotal * yTotal);
        var correlation = product / root;
        var error = 0.0;
        for (var b = 0; b < xy.Length; b++)
        {
            var term = (xy[b] / root) - (correlation / 2 * ((xx[b] / xTotal) + (yy[b] / yTotal)));
            error += term * term;
        }

        return (bif, (float)Math.Clamp(correlation, -1, 1), (float)Math.Sqrt(error * xy.Length / (xy.Length - 1.0)));
    }

    private static TokenSpan[] Single(int first, int count) => [.. Enumerable.Range(first, count).Select(token => new TokenSpan(token, 1))];

    // The batches that share a mean.
    private IEnumerable<IGrouping<int, (DrawBatch Batch, int Index)>> Together()
        => _batches.Select((batch, index) => (batch, index)).GroupBy(entry => _centering == Centering.Pooled ? 0 : entry.batch.Chain);

    // Summed losses of spans around their means.
    private SpanSeries Read(Reader read, IReadOnlyList<TokenSpan> spans)
    {
        var (first, end, count) = (spans.Min(span => span.First), spans.Max(span => span.First + span.Count), spans.Count);
        var width = end - first;
        var isEachToken = width == count && spans.All(span => span.Count == 1);
        var centred = new float[_batches.Length][];
        foreach (var together in Together())
        {
            // Around the first draw, so that a large offset costs no digits.
            var shift = new float[width];
            read(together.First().Batch.Chain, 0, 1, first, width, shift);
            var (means, wide, all) = (new double[count], new double[count], 0);
            foreach (var chain in together.GroupBy(entry => entry.Batch.Chain))
            {
                var draws = chain.Last().Batch.End;
                var window = new float[checked(draws * width)];
                read(chain.Key, 0, draws, first, width, window);
                var losses = isEachToken ? window : new float[checked(draws * count)];
                for (var draw = 0; draw < draws; draw++)
                {
                    var row = window.AsSpan(draw * width, width);
                    TensorPrimitives.Subtract(row, shift, row);
                    if (!isEachToken)
                    {
                        Sum(row, spans, first, losses.AsSpan(draw * count, count));
                    }

                    TensorPrimitives.ConvertTruncating<float, double>(losses.AsSpan(draw * count, count), wide);
                    TensorPrimitives.Add<double>(means, wide, means);
                }

                foreach (var (batch, index) in chain)
                {
                    centred[index] = losses[(batch.First * count)..(batch.End * count)];
                }

                all += draws;
            }

            TensorPrimitives.Divide<double>(means, all, means);
            foreach (var (batch, index) in together)
            {
                for (var draw = 0; draw < batch.Count; draw++)
                {
                    var row = centred[index].AsSpan(draw * count, count);
                    TensorPrimitives.ConvertTruncating<float, double>(row, wide);
                    TensorPrimitives.Subtract<double>(wide, means, wide);
                    TensorPrimitives.ConvertTruncating<double, float>(wide, row);
                }
            }
        }

        return new(centred, [.. spans.Select(span => span.Count)]);
    }

    private static void Sum(ReadOnlySpan<float> row, IReadOnlyList<TokenSpan> spans, int first, Span<float> sums)
    {
        for (var index = 0; index < sums.Length; index++)
        {
            var sum = 0.0;
            foreach (var loss in row.Slice(spans[index].First - first, spans[index].Count))
            {
                sum += loss;
            }

            sums[index] = (float)sum;
        }
    }

    private delegate void Reader(int chain, int firstDraw, int draws, int first, int count, Span<float> losses);
}
