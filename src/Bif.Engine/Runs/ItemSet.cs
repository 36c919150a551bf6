using System.Globalization;
using Bif.Engine.Arrays;
using Bif.Engine.Attribution;

namespace Bif.Engine.Runs;

/// <summary>Sets of a run's training items, as people name them.</summary>
public static class ItemSet
{
    /// <summary>A query's best proponents by correlation.</summary>
    public static int[] Top(RunDirectory directory, int query, int count)
    {
        directory.RequireScores(directory.ReadRecord());
        return [.. Ranking.Largest(NpyFile.ReadRow<float>(ScoreFiles.PathOf(directory.Scores, ScoreFiles.Correlation), query), count).Select(entry => entry.Item)];
    }

    /// <summary>The items with the largest influence on themselves (variance of their own loss): the suspected mislabels.</summary>
    public static int[] Suspects(RunDirectory directory, int count)
    {
        directory.RequireScores(directory.ReadRecord());
        var variance = NpyFile.Read<double>(ScoreFiles.PathOf(directory.Scores, ScoreFiles.ItemVariance)).Values;
        return [.. Ranking.Largest([.. variance.Select(value => (float)value)], count).Select(entry => entry.Item)];
    }

    /// <summary>One of the clusters into which a run's items fall.</summary>
    /// <param name="source">What gave the number, for messages: an option, a field.</param>
    /// <param name="directory">The run.</param>
    /// <param name="number">From 1, the largest cluster first.</param>
    /// <param name="clusters">Into how many clusters the items are divided.</param>
    /// <exception cref="InputException">There is no such cluster.</exception>
    public static int[] OfCluster(string source, RunDirectory directory, int number, int clusters)
    {
        var all = ItemClusters.Of(directory.OpenTraces(), clusters);
        return number >= 1 && number <= all.Count
            ? all[number - 1].Items
            : throw new InputException($"{source}: there is no cluster {number}: the items fall into the clusters 1 to {all.Count}.");
    }

    /// <summary>Numbers and ranges, as in 3,8,20-29.</summary>
    /// <param name="source">What gave the list, for messages: an option, a field.</param>
    /// <param name="list">The list.</param>
    /// <param name="count">Number of items of the run.</param>
    /// <exception cref="InputException">A part is no item or range of the run.</exception>
    public static int[] Listed(string source, string list, int count)
    {
        var chosen = new SortedSet<int>();
        foreach (var part in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var ends = part.Split('-');
            if (ends.Length > 2 || !int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                || !int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last) || first > last || last >= count)
            {
                throw new InputException($"{source}: \"{part}\" is no item or range of items of this run, which has the items 0 to {count - 1}.");
            }

            chosen.UnionWith(Enumerable.Range(first, last - first + 1));
        }

        return [.. chosen];
    }

    /// <summary>All items of a class, by its name or the number of its label.</summary>
    /// <param name="source">What gave the name, for messages: an option, a field.</param>
    /// <param name="items">The run's items.</param>
    /// <param name="name">The class.</param>
    /// <exception cref="InputException">The items have no classes, or not this one.</exception>
    public static int[] OfClass(string source, ItemTable items, string name)
    {
        var labels = items.Labels ?? throw new InputException($"{source}: the items of this run have no classes; name them by their indices, or take a query's best proponents.");
        var label = items.ClassNames?.ToList().FindIndex(each => string.Equals(each, name, StringComparison.OrdinalIgnoreCase)) ?? -1;
        if (label < 0 && !int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out label))
        {
            throw new InputException($"{source}: there is no class \"{name}\"{(items.ClassNames is { } names ? $"; the first are {string.Join(", ", names.Take(10))}" : "")}.");
        }

        int[] members = [.. Enumerable.Range(0, labels.Length).Where(item => labels[item] == label)];
        return members.Length > 0 ? members : throw new InputException($"{source}: no item of this run has the class \"{name}\".");
    }
}
