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

    private static Ranked[] Pick(ReadOnlySpan<float> scores, int k, bool descending)
    {
        var keys = new (float Key, int Item)[scores.Length];
        for (var item = 0; item < keys.Length; item++)
        {
            keys[item] = (descending ? -scores[item] : scores[item], item);
        }

        Array.Sort(keys);
        return [.. keys.Take(k).Select(entry => new Ranked(entry.Item, descending ? -entry.Key : entry.Key))];
    }
}
