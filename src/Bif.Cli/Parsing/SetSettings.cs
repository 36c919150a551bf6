using System.CommandLine;
using Bif.Engine;
using Bif.Engine.Runs;

namespace Bif.Cli.Parsing;

/// <summary>The options that name a set of a run's training items; a verb adds its own way to name a query's proponents.</summary>
/// <param name="list">The option for indices.</param>
/// <param name="proponents">The verb's own option, as messages show it.</param>
internal sealed class SetSettings(string list, string proponents)
{
    private readonly Setting<string?> _list = Setting.Text(list, "LIST", "The set by indices of the run: numbers and ranges, as in 3,8,20-29.", "none");
    private readonly Setting<string?> _class = Setting.Text("--class", "NAME", "The set by class: a name, or the number of a label.", "none");
    private readonly Setting<int?> _suspects = Setting.Count("--suspects", "The suspected mislabels: the N items with the largest influence on themselves.", "none", 1);
    private readonly Setting<int?> _cluster = Setting.Count("--cluster", "A cluster of items whose losses move together, by its number from 1, the largest first.", "none", 1);
    private readonly Setting<int?> _clusters = Setting.Count("--clusters", "Into how many clusters the items are divided.", $"{ItemClusters.UsualCount}", 2);

    /// <summary>The options, for a verb's list.</summary>
    public IEnumerable<Option> All => [_list, _class, _suspects, _cluster, _clusters];

    /// <summary>Into how many clusters the items are to be divided; null where that was not said.</summary>
    public int? Clusters(ParseResult arguments) => arguments.GetValue(_clusters);

    /// <summary>Whether one of these options names a set.</summary>
    public bool IsGiven(ParseResult arguments) => Given(arguments) > 0;

    /// <summary>The items of the set.</summary>
    /// <param name="arguments">What was given.</param>
    /// <param name="run">The run.</param>
    /// <param name="record">Its record.</param>
    /// <param name="byProponents">The set that the verb's own option names; null where that was not given.</param>
    /// <exception cref="InputException">None or several are given, or the run has no such items.</exception>
    public int[] Items(ParseResult arguments, RunDirectory run, RunRecord record, Func<int[]>? byProponents)
    {
        if (Given(arguments) + (byProponents is null ? 0 : 1) != 1)
        {
            throw new InputException($"Say which items: one of {list} 3,8,20-29, --class NAME, --suspects N, --cluster N or {proponents}.");
        }

        return arguments.GetValue(_list) is { } given ? ItemSet.Listed(list, given, record.Data.Count)
            : arguments.GetValue(_class) is { } name ? ItemSet.OfClass("--class", run.ReadTrainItems(record), name)
            : arguments.GetValue(_suspects) is { } suspects ? ItemSet.Suspects(run, suspects)
            : arguments.GetValue(_cluster) is { } cluster ? ItemSet.OfCluster("--cluster", run, cluster, Clusters(arguments) ?? ItemClusters.UsualCount)
            : byProponents!();
    }

    private int Given(ParseResult arguments)
        => new object?[] { arguments.GetValue(_list), arguments.GetValue(_class), arguments.GetValue(_suspects), arguments.GetValue(_cluster) }.Count(given => given is not null);
}
