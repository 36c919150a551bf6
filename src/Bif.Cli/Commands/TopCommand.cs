using System.CommandLine;
using Bif.Cli.Parsing;
using Bif.Cli.Terminal;
using Bif.Engine;
using Bif.Engine.Arrays;
using Bif.Engine.Attribution;
using Bif.Engine.Retraining;
using Bif.Engine.Runs;
using Spectre.Console;

namespace Bif.Cli.Commands;

/// <summary><c>bif top</c>: the most helpful and most harmful training items of a query.</summary>
internal sealed class TopCommand : Verb
{
    private const string Correlation = "correlation";
    private readonly Argument<string> _run = RunArgument.Create();
    private readonly Setting<int?> _query = Setting.Count("--query", "Index of the query, from 0.", "0", 0);
    private readonly Setting<int> _count = Setting.Count("-k", "Items on each side.", 20, 1);
    private readonly Setting<string?> _method = Setting.Text("--method", "correlation|bif|NAME", "Scores to rank by: correlation (posterior correlation), bif (covariance), or a comparison method that bif compare left in the run (ekfac, gradsim, …).", Correlation);
    private readonly Setting<string> _side = Setting.Choice("--side", "Which items: helpful (proponents), harmful (opponents) or both.", "both", "both", "helpful", "harmful");
    private readonly Setting<string> _view = Setting.Choice("--view", "full, or partial: what is left after regressing out the mean loss of the other items (removes the common mode; no errors).", "full", "full", "partial");
    private readonly Setting<double> _alpha = Setting.Number("--alpha", "With --method bif: divide each score by the item's loss deviation to this power, between covariance (0) and the ranking of the correlation (1).", 0, Interval.Between(0, 1));
    private readonly Setting<bool> _noImages = Setting.Flag("--no-images", "Leave out the small pictures.");
    private readonly Setting<bool> _json = Setting.Flag("--json", "Write one JSON object on stdout.");

    /// <summary>Declares the options.</summary>
    public TopCommand() : base("top", "Show the training items with the most influence on a query.")
    {
        Arguments.Add(_run);
        foreach (var option in new Option[] { _query, _count, _method, _side, _view, _alpha, _noImages, _json })
        {
            Options.Add(option);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("bif top runs/cifar --query 7 -k 10", "The ten most helpful and the ten most harmful items of query 7."),
        new("bif top runs/cifar --query 7 --method ekfac", "The same by EK-FAC's scores, after bif compare runs/cifar --methods ekfac."),
    ];

    /// <inheritdoc/>
    public override string Notes => SignConvention.Text;

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Output output)
    {
        var wanted = arguments.GetValue(_query) ?? 0;
        var (directory, query) = RunQueries.Find(RunDirectory.Open(arguments.GetRequiredValue(_run)), wanted);
        var record = directory.ReadRecord();
        directory.RequireScores(record);
        var method = arguments.GetValue(_method) ?? Correlation;
        var (bif, own) = (method == MethodScores.Bif, method is MethodScores.Bif or Correlation);
        var scores = own ? Row(directory, method, query) : MethodScores.Find(directory, record, [method]).Single().Row(query);
        var errors = own ? Row(directory, method + "_se", query) : [.. scores.Select(_ => float.NaN)];
        var partial = arguments.GetValue(_view) == "partial";
        if (partial)
        {
            if (!own)
            {
                throw new InputException("--view partial is for the run's own scores: leave --method out, or use --method bif.");
            }

            var removed = new CommonMode(directory.OpenTraces(), record.Spec.ScoreCentering).Remove(query, Row(directory, "bif", query));
            (scores, errors) = (bif ? removed.Bif : removed.Correlation, new float[scores.Length]);
            Array.Fill(errors, float.NaN);
        }

        var alpha = arguments.GetValue(_alpha);
        if (alpha > 0)
        {
            if (!bif)
            {
                throw new InputException("--alpha goes with --method bif: the correlation is normalised already.");
            }

            var weights = PartialNormalisation.Weights(directory.Scores, alpha);
            PartialNormalisation.Apply(scores, weights);
            PartialNormalisation.Apply(errors, weights);
        }

        var items = directory.ReadTrainItems(record);
        var queries = directory.ReadQueryItems(record);
        // An item of a short list stands in one table only.
        var (k, side) = (arguments.GetValue(_count), arguments.GetValue(_side));
        var (most, least) = side == "both" ? (Math.Min(k, (scores.Length + 1) / 2), Math.Min(k, scores.Length / 2)) : (k, k);
        // BIF is minus the covariance: its most helpful items are the smallest, and so are those of the methods that it is compared with.
        var isPositiveHelpful = method == Correlation;
        var helpful = isPositiveHelpful ? Ranking.Largest(scores, most) : Ranking.Smallest(scores, most);
        var harmful = isPositiveHelpful ? Ranking.Smallest(scores, least) : Ranking.Largest(scores, least);
        var sign = isPositiveHelpful ? SignConvention.Line : bif ? SignConvention.BifLine : SignConvention.LineOf(method);
        var floor = isPositiveHelpful && !partial ? record.NoiseFloor : null;
        if (arguments.GetValue(_json))
        {
            object[] List(IReadOnlyList<Ranked> ranked) => [.. ranked.Select((entry, rank) => new
            {
                Rank = rank + 1, entry.Item, Label = items.Describe(entry.Item), Name = items.Names?[entry.Item], Passage = items.Text?.Passages[entry.Item], Document = items.Text?.Documents[entry.Item], entry.Score, StandardError = float.IsNaN(errors[entry.Item]) ? (float?)null : errors[entry.Item],
            })];
            output.Json(new
            {
                Run = directory.Root,
                Query = wanted,
                QueryLabel = queries.Describe(query),
                Method = method,
                View = arguments.GetValue(_view),
                Alpha = alpha,
                Sign = sign,
                NoiseFloor = floor,
                Verdict = record.Verdict,
                Helpful = side == "harmful" ? null : List(helpful),
                Harmful = side == "helpful" ? null : List(harmful),
            });
            return ExitCode.Ok;
        }

        if (record.Verdict is { Name: not "good" } verdict)
        {
            output.Screen.MarkupLineInterpolated($"[yellow]This run is not good ({verdict.Name}): {verdict.Reason}. {verdict.Advice}[/]");
        }

        using var pictures = arguments.GetValue(_noImages) ? null : Pictures.TryOpen(record, output);
        output.Screen.WriteLine(PlainText.OneLine($"Query {wanted}: {queries.Text?.Excerpt(query, PassageLength(output)) ?? queries.Describe(query)}{(queries.Names is { } names ? $" ({names[query]})" : "")}"));
        pictures?.Query(query).ToList().ForEach(line => output.Screen.MarkupLine(line));
        output.Screen.WriteLine(sign);
        if (floor is { } level)
        {
            output.Screen.WriteLine($"Noise floor {level:F3}: chance alone would reach it among {record.Data.Count:N0} items.");
        }

        foreach (var (title, ranked) in new[] { ("Helpful", helpful), ("Harmful", harmful) })
        {
            if (side == "both" || string.Equals(side, title, StringComparison.OrdinalIgnoreCase))
            {
                Show(output, title, ranked, errors, items, floor, pictures);
            }
        }

        return ExitCode.Ok;
    }

    private static void Show(
        Output output, string title, IReadOnlyList<Ranked> ranked, float[] errors, ItemTable items, double? floor, Pictures? pictures)
    {
        var table = new Table().Border(TableBorder.Simple).Title(title);
        foreach (var column in new[] { "rank", "item", items.Text is null ? "label" : "passage", "score", "± error", "" })
        {
            table.AddColumn(new TableColumn(column) { NoWrap = true });
        }

        if (pictures is not null)
        {
            table.AddColumn("picture");
        }

        for (var rank = 0; rank < ranked.Count; rank++)
        {
            var (item, score) = ranked[rank];
            var below = floor is { } level && Math.Abs(score) < level;
            var name = items.Text is { } text ? text.Excerpt(item, PassageLength(output)) : items.Names is { } names ? $"{items.Describe(item)} ({names[item]})" : items.Describe(item);
            List<string> cells = [$"{rank + 1}", $"{items.FirstIndex + item}", Markup.Escape(PlainText.OneLine(name)), $"{score:G4}", float.IsNaN(errors[item]) ? "" : $"{errors[item]:G2}", below ? "[dim]below the floor[/]" : ""];
            if (pictures is not null)
            {
                cells.Add(string.Join('\n', pictures.Item(item)));
            }

            table.AddRow([.. cells]);
        }

        output.Screen.Write(table);
    }

    // What the other columns leave of a line.
    private static int PassageLength(Output output) => Math.Clamp(output.Screen.Profile.Width - 68, 30, 160);

    private static float[] Row(RunDirectory directory, string name, int query)
        => NpyFile.ReadRow<float>(Path.Combine(directory.Scores, name + ".npy"), query);
}
