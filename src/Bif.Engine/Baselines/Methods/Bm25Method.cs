using System.Numerics.Tensors;
using Bif.Engine.Data;

namespace Bif.Engine.Baselines.Methods;

/// <summary>
/// Okapi BM25 over token ids (Robertson and Zaragoza 2009): Σ over the query's tokens t, repeats included, of
/// idf(t)·f·(k1 + 1)/(f + k1·(1 − b + b·length/mean length)), f how often the item has t, idf = ln(1 + (N − N_t + ½)/(N_t + ½)).
/// Knows words only, neither the model nor their order.
/// </summary>
[AttributionMethod("bm25", "BM25 over token ids, for texts")]
internal sealed class Bm25Method : IAttributionMethod
{
    private const double K1 = 1.2;
    private const double B = 0.75;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, object> Settings(MethodContext context) => new Dictionary<string, object> { ["k1"] = K1, ["b"] = B };

    /// <inheritdoc/>
    public ComparisonScores Score(MethodContext context, IProgress<double>? progress, CancellationToken cancellation)
    {
        if (context.TrainData.Text is not { } items || context.QueryData.Text is not { } queries)
        {
            throw new InputException("bm25 compares texts, and these items are not texts: use pixels, embedding or cosine.");
        }

        var scores = new float[checked((long)queries.Count * items.Count)];
        var index = Postings(items);
        var mean = (double)items.Ids.Length / items.Count;
        for (var query = 0; query < queries.Count; query++)
        {
            cancellation.ThrowIfCancellationRequested();
            var row = scores.AsSpan(query * items.Count, items.Count);
            foreach (var (token, repeats) in Counts(queries.Tokens(query)))
            {
                if (!index.TryGetValue(token, out var postings))
                {
                    continue;
                }

                var rarity = Math.Log(1 + ((items.Count - postings.Count + 0.5) / (postings.Count + 0.5)));
                foreach (var (item, count) in postings)
                {
                    var length = 1 - B + (B * items.Length(item) / mean);
                    row[item] += (float)(repeats * rarity * count * (K1 + 1) / (count + (K1 * length)));
                }
            }

            TensorPrimitives.Negate(row, row);
            progress?.Report((query + 1.0) / queries.Count);
        }

        return new ComparisonScores(scores, 0, 0);
    }

    private static Dictionary<int, List<(int Item, int Count)>> Postings(TextItems items)
    {
        var index = new Dictionary<int, List<(int, int)>>();
        for (var item = 0; item < items.Count; item++)
        {
            foreach (var (token, count) in Counts(items.Tokens(item)))
            {
                if (!index.TryGetValue(token, out var postings))
                {
                    index[token] = postings = [];
                }

                postings.Add((item, count));
            }
        }

        return index;
    }

    private static Dictionary<int, int> Counts(ReadOnlySpan<int> tokens)
    {
        var counts = new Dictionary<int, int>();
        foreach (var token in tokens)
        {
            counts[token] = counts.GetValueOrDefault(token) + 1;
        }

        return counts;
    }
}
