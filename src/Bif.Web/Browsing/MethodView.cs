using Bif.Engine.Attribution;
using Bif.Engine.Baselines;
using Bif.Web.Tasks;

namespace Bif.Web.Browsing;

/// <summary>A training item in a method's ranking.</summary>
/// <param name="Rank">From 1.</param>
/// <param name="Item">Index.</param>
/// <param name="Label">Class, or null.</param>
/// <param name="Description">Its class or target in words.</param>
/// <param name="Score">The method's score, negative = helpful, in its own unit.</param>
/// <param name="IsShared">Whether the run's own best items hold it too.</param>
public sealed record MethodItem(int Rank, int Item, int? Label, string Description, double Score, bool IsShared);

/// <summary>One method's ranking of a query beside the run's own.</summary>
/// <param name="Method">correlation, bif, or a comparison method.</param>
/// <param name="Meaning">What it is.</param>
/// <param name="Helpful">The most helpful items.</param>
/// <param name="Harmful">The most harmful items.</param>
/// <param name="Overlap">Share of the most helpful items that the run's correlations name too; null for these themselves.</param>
/// <param name="RankCorrelation">Spearman's correlation with them over all items; null for themselves or where one is constant.</param>
public sealed record MethodRow(
    string Method, string Meaning, IReadOnlyList<MethodItem> Helpful, IReadOnlyList<MethodItem> Harmful, double? Overlap, double? RankCorrelation);

/// <summary>Rankings of one query by several methods, aligned by rank.</summary>
public sealed class MethodView(RunLibrary library, TaskLibrary tasks)
{
    /// <summary>The run's own scores, covariances.</summary>
    public const string Bif = "bif";

    /// <summary>The run's own scores as the ranking shows them, correlations.</summary>
    public const string Correlation = "correlation";

    /// <summary>Whether a method says the same for all items, as BM25 does where no word is shared.</summary>
    public static bool IsConstant(MethodRow row) => row.Method != Correlation && row.RankCorrelation is null;

    /// <summary>The rows: the run's correlations, which the others are compared with, its covariances, then the methods whose scores the run has.</summary>
    /// <param name="id">The run.</param>
    /// <param name="query">One of the run's own queries.</param>
    /// <param name="methods">Which methods, or null for all there are.</param>
    /// <param name="count">Items on each side.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Null where the run or the query's scores are not there.</returns>
    public async Task<IReadOnlyList<MethodRow>?> Rows(Guid id, int query, IReadOnlyList<string>? methods, int count, CancellationToken cancellation = default)
    {
        if (await library.Find(id, cancellation) is not { } run || await library.Scores(id, query, cancellation) is not { } own)
        {
            return null;
        }

        float[] reference = [.. own.Correlation.Select(value => -value)];
        var rows = new List<MethodRow>
        {
            Row(run, Correlation, "posterior correlation of the losses: this run's ranking", reference, null, count),
            Row(run, Bif, "minus their covariance: this run's, items with much variance first", own.Bif, reference, count),
        };
        foreach (var method in AttributionMethodCatalog.All.Where(each => methods is null || methods.Contains(each.Name)))
        {
            if (await tasks.Scores(id, method.Name, query, cancellation) is { } scores)
            {
                rows.Add(Row(run, method.Name, method.Summary, scores, reference, count));
            }
        }

        return rows;
    }

    /// <summary>The scores of one method for a query over the training items, negative = helpful; null where there are none.</summary>
    public async Task<float[]?> Scores(Guid id, string method, int query, CancellationToken cancellation = default) => method switch
    {
        Bif => (await library.Scores(id, query, cancellation))?.Bif,
        Correlation => (await library.Scores(id, query, cancellation))?.Correlation.Select(value => -value).ToArray(),
        _ => await tasks.Scores(id, method, query, cancellation),
    };

    private static MethodRow Row(RunContents run, string method, string meaning, float[] scores, float[]? reference, int count)
    {
        var (best, worst) = (Ranking.Smallest(scores, count), Ranking.Largest(scores, count));
        HashSet<int> shared = reference is null ? [] : [.. Ranking.Smallest(reference, count).Select(each => each.Item)];
        HashSet<int> sharedWorst = reference is null ? [] : [.. Ranking.Largest(reference, count).Select(each => each.Item)];
        var agreement = reference is null ? null : Agreement.Of(reference, scores, scores.Length);
        return new(
            method, meaning,
            [.. best.Select((each, rank) => Item(run, each.Item, scores, rank + 1, shared))],
            [.. worst.Select((each, rank) => Item(run, each.Item, scores, rank + 1, sharedWorst))],
            reference is null ? null : best.Count(each => shared.Contains(each.Item)) / (double)best.Count,
            agreement?.RankCorrelation);
    }

    private static MethodItem Item(RunContents run, int item, float[] scores, int rank, HashSet<int> shared)
        => new(rank, item, run.Train.Labels?[item], run.Train.Describe(item), scores[item], shared.Contains(item));
}
