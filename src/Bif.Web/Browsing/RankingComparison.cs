using Bif.Engine.Attribution;
using Bif.Engine.Baselines;

namespace Bif.Web.Browsing;

/// <summary>The share of the most helpful items that two rankings have in common.</summary>
/// <param name="Top">How many items of each.</param>
/// <param name="Share">0 to 1.</param>
public sealed record TopOverlap(int Top, double Share);

/// <summary>Two rankings of one query over the same items.</summary>
/// <param name="Items">Number of items.</param>
/// <param name="Overlaps">Overlap of the best 10, 50 and 200.</param>
/// <param name="RankCorrelation">Spearman's correlation; null where one says the same of all items.</param>
/// <param name="First">The most helpful items of the first.</param>
/// <param name="Second">The most helpful items of the second.</param>
/// <param name="Traces">Plotly's traces: rank against rank.</param>
/// <param name="Layout">Plotly's layout.</param>
/// <param name="Summary">The picture in words.</param>
public sealed record RankingComparison(
    int Items, IReadOnlyList<TopOverlap> Overlaps, double? RankCorrelation, IReadOnlyList<MethodItem> First, IReadOnlyList<MethodItem> Second,
    IReadOnlyList<object> Traces, object Layout, string Summary)
{
    // More points than a screen can tell apart only cost time: the rest is thinned evenly, the best of either side never.
    private const int MostPoints = 4000;
    private static readonly int[] Tops = [10, 50, 200];

    /// <summary>Compares.</summary>
    /// <param name="run">A run that holds the items.</param>
    /// <param name="a">Scores over the items, negative = helpful.</param>
    /// <param name="b">The others.</param>
    /// <param name="nameA">What the first is called.</param>
    /// <param name="nameB">What the second is called.</param>
    /// <param name="shown">Items to show of each.</param>
    public static RankingComparison Of(RunContents run, float[] a, float[] b, string nameA, string nameB, int shown)
    {
        var (ranksA, ranksB) = (Ranks(a), Ranks(b));
        var overlaps = Tops.Where(top => top < a.Length).Select(top => new TopOverlap(
            top, Enumerable.Range(0, a.Length).Count(item => ranksA[item] <= top && ranksB[item] <= top) / (double)top)).ToList();
        var correlation = Agreement.Of(a, b, a.Length).RankCorrelation;
        var step = Math.Max(1, a.Length / MostPoints);
        int[] points = [.. Enumerable.Range(0, a.Length).Where(item => item % step == 0 || ranksA[item] <= Tops[0] || ranksB[item] <= Tops[0])];
        object[] traces =
        [
            new
            {
                type = "scattergl", mode = "markers", x = points.Select(item => ranksA[item]), y = points.Select(item => ranksB[item]),
                text = points.Select(item => $"item {item}, {run.Train.Describe(item)}"), marker = new { size = 5, opacity = 0.55, color = "--accent" },
                hovertemplate = "%{text}: rank %{x} and %{y}<extra></extra>",
            },
        ];
        var layout = new
        {
            xaxis = new { title = new { text = $"rank in A: {nameA}" }, type = "log" }, yaxis = new { title = new { text = $"rank in B: {nameB}" }, type = "log" }, showlegend = false,
        };
        var best = overlaps.Count > 0 ? $"{overlaps[0].Share:P0} of the best {overlaps[0].Top} are in both; " : "";
        var thinned = points.Length < a.Length ? $" Shown are {points.Length:N0} of {a.Length:N0} items." : "";
        return new(
            a.Length, overlaps, correlation, Best(run, a, ranksB, shown), Best(run, b, ranksA, shown), traces, layout,
            $"{best}the rank correlation over all items is {(correlation is { } value ? value.ToString("F2") : "not defined")}. Helpful is at the lower left.{thinned}");
    }

    private static int[] Ranks(float[] scores)
    {
        var order = Enumerable.Range(0, scores.Length).ToArray();
        Array.Sort((float[])scores.Clone(), order);
        var ranks = new int[scores.Length];
        for (var place = 0; place < order.Length; place++)
        {
            ranks[order[place]] = place + 1;
        }

        return ranks;
    }

    private static IReadOnlyList<MethodItem> Best(RunContents run, float[] scores, int[] otherRanks, int count) =>
        [.. Ranking.Smallest(scores, count).Select((each, rank) => new MethodItem(
            rank + 1, each.Item, run.Train.Labels?[each.Item], run.Train.Describe(each.Item), scores[each.Item], otherRanks[each.Item] <= count))];
}
