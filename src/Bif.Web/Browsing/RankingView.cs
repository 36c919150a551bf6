using Bif.Data.Storage;

namespace Bif.Web.Browsing;

/// <summary>Which part of a ranking to show; everything in it stands in the page's address.</summary>
/// <param name="Query">Index of the query.</param>
/// <param name="Side">"helpful" or "harmful".</param>
/// <param name="Label">Only items of this class, or null for all.</param>
/// <param name="Page">From 1.</param>
/// <param name="Size">Items of a page.</param>
/// <param name="Sort">One of <see cref="Sorts"/>.</param>
public sealed record RankingChoice(int Query, string Side = "helpful", int? Label = null, int Page = 1, int Size = 24, string Sort = "correlation")
{
    /// <summary>By posterior correlation, by its bound two standard errors nearer to zero, or by covariance, which heeds how much an item's loss moves.</summary>
    public static readonly IReadOnlyList<string> Sorts = ["correlation", "certainty", "covariance"];


    /// <summary>Most items of a page.</summary>
    public const int MostItems = 200;
}

/// <summary>An item of a ranking.</summary>
/// <param name="Rank">Place among all items that were asked for, from 1; copies share the first one's.</param>
/// <param name="Item">Index of the training item.</param>
/// <param name="Label">Class index, or null.</param>
/// <param name="Description">Its class or target, in words.</param>
/// <param name="Correlation">Posterior correlation; positive is helpful.</param>
/// <param name="CorrelationError">Its standard error.</param>
/// <param name="Bif">Minus covariance, nats²; negative is helpful.</param>
/// <param name="Copies">Further items with the same picture, which follow it in the ranking.</param>
public sealed record RankedItem(
    int Rank, int Item, int? Label, string Description, float Correlation, float CorrelationError, float Bif, IReadOnlyList<int> Copies);

/// <summary>A page of a ranking.</summary>
/// <param name="Items">The items.</param>
/// <param name="Total">Items that match, copies not counted.</param>
/// <param name="Page">The page, from 1.</param>
/// <param name="Pages">Number of pages, at least 1.</param>
/// <param name="AboveFloor">Items of this side whose score is above the noise floor.</param>
public sealed record RankingPage(IReadOnlyList<RankedItem> Items, int Total, int Page, int Pages, int AboveFloor);

/// <summary>The summed influence of a class on a query.</summary>
/// <param name="Label">Class index.</param>
/// <param name="Name">Its name.</param>
/// <param name="Items">Number of items.</param>
/// <param name="Bif">Sum of BIF scores, nats²; negative is helpful.</param>
/// <param name="MeanCorrelation">Mean posterior correlation.</param>
public sealed record ClassInfluence(int Label, string Name, int Items, double Bif, double MeanCorrelation);

/// <summary>Turns score vectors into what a page shows.</summary>
public static class RankingView
{
    /// <summary>A page of a ranking.</summary>
    /// <param name="run">The run.</param>
    /// <param name="scores">The query's scores.</param>
    /// <param name="choice">What to show; a page beyond the last gives the last.</param>
    /// <param name="fingerprints">Equal numbers for equal pictures, or null: nothing is grouped.</param>
    public static RankingPage Of(RunContents run, ScoreVectors scores, RankingChoice choice, ulong[]? fingerprints)
    {
        var sign = choice.Side == "harmful" ? 1 : -1;
        var keys = new List<(float Key, int Item)>(scores.Correlation.Length);
        for (var item = 0; item < scores.Correlation.Length; item++)
        {
            if (choice.Label is null || run.Train.Labels?[item] == choice.Label)
            {
                keys.Add((sign * Key(scores, item, choice.Sort, sign), item));
            }
        }

        keys.Sort();
        var groups = Grouped(keys, fingerprints);
        var size = Math.Clamp(choice.Size, 1, RankingChoice.MostItems);
        var pages = Math.Max(1, (groups.Count + size - 1) / size);
        var page = Math.Clamp(choice.Page, 1, pages);
        var floor = run.NoiseFloor ?? double.PositiveInfinity;
        return new(
            [.. groups.Skip((page - 1) * size).Take(size).Select((group, index) => Describe(run, scores, group, ((page - 1) * size) + index + 1))],
            groups.Count,
            page,
            pages,
            groups.Count(group => -sign * scores.Correlation[group[0]] > floor));
    }

    /// <summary>One item with its rank left open (0).</summary>
    public static RankedItem Item(RunContents run, ScoreVectors scores, int item) => Describe(run, scores, [item], 0);

    /// <summary>The influence of each class, most helpful first; empty for regression.</summary>
    public static IReadOnlyList<ClassInfluence> ByClass(RunContents run, ScoreVectors scores) => run.Train.Labels is not { } labels
        ? []
        : [.. labels.Select((label, item) => (label, item)).GroupBy(each => each.label, each => each.item)
            .Select(items => new ClassInfluence(
                items.Key, NameOf(run, items.Key), items.Count(), items.Sum(item => (double)scores.Bif[item]), items.Average(item => (double)scores.Correlation[item])))
            .OrderBy(each => each.Bif)];

    /// <summary>The name of a class.</summary>
    public static string NameOf(RunContents run, int label)
        => run.Train.ClassNames is { } names && label < names.Count ? names[label] : $"class {label}";

    // Larger is more helpful; sign is that of the side's order.
    private static float Key(ScoreVectors scores, int item, string sort, int sign) => sort switch
    {
        "covariance" => -scores.Bif[item],
        "certainty" => scores.Correlation[item] + (sign * 2 * scores.CorrelationError[item]),
        _ => scores.Correlation[item],
    };

    private static RankedItem Describe(RunContents run, ScoreVectors scores, List<int> group, int rank) => new(
        rank, group[0], run.Train.Labels?[group[0]], run.Train.Describe(group[0]),
        scores.Correlation[group[0]], scores.CorrelationError[group[0]], scores.Bif[group[0]], [.. group.Skip(1)]);

    // Equal pictures with equal scores side by side are one entry: a copy with another label has another score and stays.
    private static List<List<int>> Grouped(List<(float Key, int Item)> keys, ulong[]? fingerprints)
    {
        var groups = new List<List<int>>(keys.Count);
        for (var place = 0; place < keys.Count; place++)
        {
            var (key, item) = keys[place];
            if (fingerprints is not null && place > 0 && fingerprints[keys[place - 1].Item] == fingerprints[item] && Math.Abs(keys[place - 1].Key - key) < 1e-4)
            {
                groups[^1].Add(item);
            }
            else
            {
                groups.Add([item]);
            }
        }

        return groups;
    }
}
