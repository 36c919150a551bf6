using System.CommandLine;
using Bif.Cli.Parsing;
using Bif.Cli.Terminal;
using Bif.Engine.Attribution;
using Bif.Engine.FirstOrder;
using Bif.Engine.Runs;
using Spectre.Console;

namespace Bif.Cli.Commands;

/// <summary><c>bif group</c>: the summed influence of a set of training items on a query.</summary>
internal sealed class GroupCommand : Verb
{
    private readonly Argument<string> _run = RunArgument.Create();
    private readonly Setting<int?> _query = Setting.Count("--query", "Index of the query, from 0.", "0", 0);
    private readonly SetSettings _set = new("--items", "--top K");
    private readonly Setting<int?> _top = Setting.Count("--top", "The set of the query's K best proponents by correlation.", "none", 1);
    private readonly Setting<bool> _json = Setting.Flag("--json", "Write one JSON object on stdout.");

    /// <summary>Declares the options.</summary>
    public GroupCommand() : base("group", "Sum the influence of a set of training items on a query.")
    {
        Arguments.Add(_run);
        foreach (var option in (Option[])[_query, _top, .. _set.All, _json])
        {
            Options.Add(option);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("bif group runs/cifar --query 7 --class cat", "All cats together on query 7, with the change predicted for leaving them out."),
        new("bif group runs/cifar --query 7 --top 50", "The fifty best proponents together."),
        new("bif group runs/cifar --query 7 --clusters 12", "Twelve clusters of items whose losses move together, and what each does to query 7."),
    ];

    /// <inheritdoc/>
    public override string Notes => SignConvention.Text;

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Output output)
    {
        var wanted = arguments.GetValue(_query) ?? 0;
        var (directory, query) = RunQueries.Find(RunDirectory.Open(arguments.GetRequiredValue(_run)), wanted);
        var record = directory.ReadRecord();
        if (record.State != "finished")
        {
            output.Warn($"this run is {record.State}: the sum is over the draws that are there.");
        }

        if (!_set.IsGiven(arguments) && arguments.GetValue(_top) is null && _set.Clusters(arguments) is { } clusters)
        {
            return Tabulate(directory, record, query, wanted, clusters, arguments.GetValue(_json), output);
        }

        var members = _set.Items(arguments, directory, record, arguments.GetValue(_top) is { } top ? () => ItemSet.Top(directory, query, top) : null);
        using var control = FirstOrderControl.OpenIfThere(directory.Root);
        var group = GroupInfluence.Of(directory.OpenTraces(), members, query, record.Spec.ScoreCentering, control);
        var change = group.ChangeWhenRemoved(record.Settings.Nbeta, record.Data.Count);
        if (arguments.GetValue(_json))
        {
            output.Json(new
            {
                Run = directory.Root, Query = wanted, group.Items, group.Bif, group.StandardError, group.Correlation,
                ChangeWhenRemoved = change, Sign = SignConvention.Line, Verdict = record.Verdict,
            });
            return ExitCode.Ok;
        }

        if (record.Verdict is { Name: not "good" } verdict)
        {
            output.Warn($"this run is not good ({verdict.Name}): {verdict.Reason}.");
        }

        var to = output.Results;
        to.WriteLine(SignConvention.Line);
        to.WriteLine($"{group.Items:N0} of {record.Data.Count:N0} items on query {wanted}:");
        to.WriteLine($"summed BIF    {group.Bif:G4} ± {group.StandardError:G2} nats² (negative = helpful)");
        to.WriteLine($"correlation   {group.Correlation:F3} of the set's summed loss with the query's (positive = helpful)");
        to.WriteLine($"left out      the query's expected loss changes by {change:+0.###e0;-0.###e0} nats, to first order (−nβ·BIF/n at nβ = {record.Settings.Nbeta:G3})");
        return ExitCode.Ok;
    }

    // Every cluster beside its influence on the query, to choose one from.
    private static int Tabulate(RunDirectory directory, RunRecord record, int query, int wanted, int count, bool json, Output output)
    {
        var store = directory.OpenTraces();
        using var control = FirstOrderControl.OpenIfThere(directory.Root);
        var items = directory.ReadTrainItems(record);
        var rows = ItemClusters.Of(store, count).Select(cluster => (Cluster: cluster, Influence: GroupInfluence.Of(store, cluster.Items, query, record.Spec.ScoreCentering, control), Mostly: Majority(items, cluster.Items))).ToList();
        if (json)
        {
            output.Json(new
            {
                Run = directory.Root, Query = wanted, Sign = SignConvention.Line,
                Clusters = rows.Select(row => new { row.Cluster.Number, row.Cluster.Items, row.Cluster.Typical, row.Cluster.Cohesion, row.Mostly, row.Influence.Bif, row.Influence.StandardError, row.Influence.Correlation }),
            });
            return ExitCode.Ok;
        }

        var table = new Table().Border(TableBorder.Simple).AddColumns("cluster", "items", "mostly", "typical", "cohesion", "summed BIF", "correlation");
        foreach (var (cluster, influence, mostly) in rows)
        {
            table.AddRow(
                $"{cluster.Number}", $"{cluster.Items.Length:N0}", Markup.Escape(mostly), $"{cluster.Typical}", $"{cluster.Cohesion:F2}",
                $"{influence.Bif:G3} ± {influence.StandardError:G2}", $"{influence.Correlation:F3}");
        }

        output.Results.WriteLine(SignConvention.Line);
        output.Screen.Write(table);
        output.Results.WriteLine($"Items whose losses move together along the draws, and their influence on query {wanted}; --cluster N --clusters {count} takes one.");
        return ExitCode.Ok;
    }

    private static string Majority(ItemTable items, int[] members)
        => items.Labels is { } labels && members.GroupBy(item => labels[item]).MaxBy(group => group.Count()) is { } most
            ? $"{items.Describe(most.First())} ({most.Count() / (double)members.Length:P0})"
            : "";
}
