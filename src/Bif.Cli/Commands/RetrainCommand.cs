using System.CommandLine;
using System.Globalization;
using Bif.Cli.Parsing;
using Bif.Cli.Running;
using Bif.Cli.Terminal;
using Bif.Engine;
using Bif.Engine.Retraining;
using Bif.Engine.Runs;
using Spectre.Console;

namespace Bif.Cli.Commands;

/// <summary><c>bif retrain</c>: leaves training items out and compares the change of the queries' losses with the predicted one.</summary>
internal sealed class RetrainCommand : Verb
{
    private const int Shown = 10;
    private readonly Argument<string> _run = RunArgument.Create();
    private readonly SetSettings _set = new("--without", "--top-of QUERY");
    private readonly Setting<int?> _topOf = Setting.Count("--top-of", "Leave out the best proponents of this query, by its index from 0.", "none", 0);
    private readonly Setting<int> _count = Setting.Count("-k", "How many proponents --top-of leaves out.", 20, 1);
    private readonly Setting<int> _repeats = Setting.Count("--repeats", "Models with the items, and as many without.", 5, 2);
    private readonly Setting<int> _seed = Setting.Count("--seed", "Seed of the first model; the others count on.", 0, 0);
    private readonly RecipeSettings _recipe = new();
    private readonly Setting<int?> _threads = Setting.Threads("CPU threads; losses do not depend on them.");
    private readonly Setting<bool> _json = Setting.Flag("--json", "Write one JSON object per block of models and a last one with the result on stdout.");

    /// <summary>Declares the options.</summary>
    public RetrainCommand() : base("retrain", "Retrain without a set of items: predicted against measured change.")
    {
        Arguments.Add(_run);
        foreach (var option in (Option[])[_topOf, _count, .. _set.All, _repeats, _seed, .. _recipe.All, _threads, _json])
        {
            Options.Add(option);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("bif retrain runs/mnist --top-of 7 -k 50", "Without the fifty best proponents of query 7."),
        new("bif retrain runs/mnist --without 3,20-29 --repeats 10", "Without eleven items, ten models each."),
        new("bif retrain runs/mnist --suspects 30", "Without the thirty most suspicious items."),
    ];

    /// <inheritdoc/>
    public override string Notes => "Changes are in nats of the query's loss, positive = worse without the items. The prediction is of first order: −nβ·ΣBIF/n.";

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Output output)
    {
        var run = RunDirectory.Open(arguments.GetRequiredValue(_run));
        var record = run.ReadRecord();
        run.RequireScores(record);
        var json = arguments.GetValue(_json);
        var items = Items(arguments, run, record);
        var recipe = _recipe.Recipe(arguments, record, output.Warn) with { Seed = (ulong)arguments.GetValue(_seed) };
        using var interruption = new Interruption(() => output.Messages.WriteLine("Interrupted: giving up."));
        var removal = RemovalMeasurement.Run(
            run, items, recipe, arguments.GetValue(_repeats), arguments.GetValue(_threads) ?? Environment.ProcessorCount, new BankDisplay(output, json), interruption.Token);
        if (removal is null)
        {
            return ExitCode.Interrupted;
        }

        if (json)
        {
            output.Json(removal);
            return ExitCode.Ok;
        }

        Show(removal, arguments.GetValue(_topOf), output);
        return ExitCode.Ok;
    }

    private int[] Items(ParseResult arguments, RunDirectory run, RunRecord record)
    {
        var query = arguments.GetValue(_topOf);
        return _set.Items(arguments, run, record, query is not { } wanted ? null : () => wanted < record.Queries.Count
            ? ItemSet.Top(run, wanted, arguments.GetValue(_count))
            : throw new InputException($"--top-of {wanted} is not there: the run was asked for the queries 0 to {record.Queries.Count - 1}."));
    }

    private static void Show(RemovalRecord removal, int? query, Output output)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("query", "predicted", "measured", "± standard error");
        var most = Enumerable.Range(0, removal.Measured.Length).OrderByDescending(each => Math.Abs(removal.Predicted[each])).Take(Shown);
        foreach (var each in (query is { } first ? most.Where(other => other != first).Prepend(first) : most).Take(Shown))
        {
            table.AddRow($"{each}", Signed(removal.Predicted[each]), Signed(removal.Measured[each]), removal.MeasuredError[each].ToString("G2", CultureInfo.InvariantCulture));
        }

        output.Screen.Write(table);
        output.Results.WriteLine($"Without {removal.Without.Length:N0} items, {removal.Repeats} models of each kind: {removal.Recipe}.");
        output.Results.WriteLine(double.IsFinite(removal.RankCorrelation)
            ? $"Over all {removal.Measured.Length} queries predicted and measured changes have the rank correlation {removal.RankCorrelation:F3}; shown are those with the largest prediction."
            : "Predicted or measured changes are the same for all queries: no rank correlation.");
    }

    private static string Signed(double value) => value.ToString("+0.####;-0.####;0", CultureInfo.InvariantCulture);
}
