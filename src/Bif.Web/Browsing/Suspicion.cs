namespace Bif.Web.Browsing;

/// <summary>A way to rank training items by suspicion.</summary>
/// <param name="Name">In addresses.</param>
/// <param name="Title">What people call it.</param>
/// <param name="Meaning">What it measures, in words.</param>
public sealed record SuspicionMeasure(string Name, string Title, string Meaning);

/// <summary>A suspicious item.</summary>
/// <param name="Rank">From 1.</param>
/// <param name="Item">Index of the training item.</param>
/// <param name="Description">Its class or target.</param>
/// <param name="Value">By the measure, nats² or nats.</param>
public sealed record SuspiciousItem(int Rank, int Item, string Description, float Value);

/// <summary>A page of them.</summary>
public sealed record SuspicionPage(IReadOnlyList<SuspiciousItem> Items, int Total, int Number, int Pages);

/// <summary>Ranks training items by what speaks against them: their influence on themselves, or their loss.</summary>
public static class Suspicion
{
    /// <summary>Items of a page.</summary>
    public const int PageSize = 60;

    /// <summary>The measures, the best first.</summary>
    public static IReadOnlyList<SuspicionMeasure> Measures { get; } =
    [
        new("self", "Self-influence", "variance of the item's own loss over the draws"),
        new("loss", "Loss", "the item's loss at the checkpoint"),
    ];

    /// <summary>All items, the most suspicious first; equal ones by index.</summary>
    public static int[] Order(SuspicionMeasure measure, float[] variance, float[] loss)
    {
        var items = Enumerable.Range(0, variance.Length).ToArray();
        var keys = (measure.Name == "loss" ? loss : variance).Select(value => -value).ToArray();
        Array.Sort(keys, items);
        return items;
    }

    /// <summary>A page of an order, optionally of one class.</summary>
    public static SuspicionPage Page(RunContents run, SuspicionMeasure measure, int[] order, float[] variance, float[] loss, int? label, int number)
    {
        var values = measure.Name == "loss" ? loss : variance;
        var ranked = order.Select((item, place) => (item, place)).Where(each => label is null || run.Train.Labels?[each.item] == label).ToList();
        var pages = Math.Max(1, (ranked.Count + PageSize - 1) / PageSize);
        number = Math.Clamp(number, 1, pages);
        return new(
            [.. ranked.Skip((number - 1) * PageSize).Take(PageSize).Select(each => new SuspiciousItem(each.place + 1, each.item, run.Train.Describe(each.item), values[each.item]))],
            ranked.Count, number, pages);
    }

    /// <summary>Share of the wanted items among the first 1, 2, … n of an order.</summary>
    public static IReadOnlyList<double> Found(int[] order, IReadOnlySet<int> wanted)
    {
        var (found, shares) = (0, new double[order.Length]);
        for (var place = 0; place < order.Length; place++)
        {
            found += wanted.Contains(order[place]) ? 1 : 0;
            shares[place] = wanted.Count > 0 ? (double)found / wanted.Count : 0;
        }

        return shares;
    }
}
