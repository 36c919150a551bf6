using System.CommandLine;
using Bif.Cli.Parsing;
using Bif.Cli.Terminal;
using Bif.Engine;
using Bif.Engine.Attribution;
using Bif.Engine.FirstOrder;
using Bif.Engine.Runs;
using Bif.Engine.Traces;

namespace Bif.Cli.Commands;

/// <summary><c>bif group</c>: the summed influence of a set of training items on a query.</summary>
internal sealed class GroupCommand : Verb
{
    private readonly Argument<string> _run = RunArgument.Create();
    private readonly Setting<int?> _query = Setting.Count("--query", "Index of the query, from 0.", "0", 0);
    private readonly Setting<string?> _items = Setting.Parsed<string?>("--items", "LIST", "The set by indices of the run: numbers and ranges, as in 3,8,20-29.", "none", "numbers and ranges", static word => word);
    private readonly Setting<string?> _class = Setting.Parsed<string?>("--class", "NAME", "The set by class: a name, or the number of a label.", "none", "a class", static word => word);
    private readonly Setting<int?> _top = Setting.Count("--top", "The set of the query's K best proponents by correlation.", "none", 1);
    private readonly Setting<bool> _json = Setting.Flag("--json", "Write one JSON object on stdout.");

    /// <summary>Declares the options.</summary>
    public GroupCommand() : base("group", "Sum the influence of a set of training items on a query.")
    {
        Arguments.Add(_run);
        foreach (var option in new Option[] { _query, _items, _class, _top, _json })
        {
            Options.Add(option);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("bif group runs/cifar --query 7 --class cat", "All cats together on query 7, with the change predicted for leaving them out."),
        new("bif group runs/cifar --query 7 --top 50", "The fifty best proponents together."),
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

        var members = Members(arguments, directory, record, query);
        using var control = FirstOrderControl.OpenIfThere(directory.Root);
        var group = GroupInfluence.Of(TraceStore.Open(directory.Traces), members, query, control);
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

    private int[] Members(ParseResult arguments, RunDirectory directory, RunRecord record, int query)
    {
        var (list, name, top) = (arguments.GetValue(_items), arguments.GetValue(_class), arguments.GetValue(_top));
        if (new object?[] { list, name, top }.Count(given => given is not null) != 1)
        {
            throw new InputException("Say which items: one of --items 3,8,20-29, --class NAME or --top K.");
        }

        if (top is { } k)
        {
            return ItemSet.Top(directory, query, k);
        }

        return list is not null ? ItemSet.Listed("--items", list, record.Data.Count) : ItemSet.OfClass("--class", ItemTable.Read(directory.TrainItems, record.Data.Count), name!);
    }
}
