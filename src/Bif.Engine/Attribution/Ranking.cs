namespace Bif.Engine.Attribution;

/// <summary>An item's place in a query's ranking.</summary>
/// <param name="Item">Index of the training item.</param>
/// <param name="Score">Its score.</param>
public readonly record struct Ranked(int Item, float Score);

/// <summary>Rankings of one query's scores. Helpful first: for correlations the largest, for BIF the smallest.</summary>
public static class Ranking
{
    /// <summary>The k items with the largest scores; ties by index.</summary>
    public static IReadOnlyList<Ranked> Largest(ReadOnlySpan<float> scores, int k) => Pick(scores, k, descending: true);

    /// <summary>The k items with the smallest scores; ties by index.</summary>
    public static IReadOnlyList<Ranked> Smallest(ReadOnlySpan<float> scores, int k) => Pick(scores, k, descending: false);

    /// <summary>Influence of a set: the sum of its items' BIF scores (nats², negative = helpful).</summary>
    public static double Group(ReadOnlySpan<float> bif, IEnumerable<int> items)
    {
        var sum = 0.0;
        foreach (var item in items)
        {
            sum += bif[item];
        }

        return sum;
    }

    // The best k so far with the worst of them on top: a corpus of a million is not sorted for a list of twenty.
    private static Ranked[] Pick(ReadOnlySpan<float> scores, int k, bool descending)
    {
        var best = new PriorityQueue<int, (float Key, int Item)>(Math.Min(k, scores.Length) + 1, Comparer<(float Key, int Item)>.Create((a, b) => b.CompareTo(a)));
        for (var item = 0; item < scores.Length && k > 0; item++)
        {
            var key = (descending ? -scores[item] : scores[item], item);
            if (best.Count < k)
            {
                best.Enqueue(item, key);
            }
            else if (best.TryPeek(out _, out var worst) && key.CompareTo(worst) < 0)
            {
                best.DequeueEnqueue(item, key);
            }
        }

        var picked = new Ranked[best.Count];
        for (var place = picked.Length - 1; place >= 0; place--)
        {
            var item = best.Dequeue();
            picked[place] = new(item, scores[item]);
        }

        return picked;
    }
}
