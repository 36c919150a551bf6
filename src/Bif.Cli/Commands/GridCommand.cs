using System.CommandLine;
using System.Globalization;
using Bif.Cli.Parsing;
using Bif.Cli.Running;
using Bif.Cli.Terminal;
using Bif.Engine.Retraining;
using Bif.Engine.Runs;
using Spectre.Console;

namespace Bif.Cli.Commands;

/// <summary><c>bif grid</c>: LDS over shares of the data, for whole pipelines, with a figure.</summary>
internal sealed class GridCommand : Verb
{
    private readonly Argument<string[]> _runs = new("RUN")
    {
        Description = "Run directories. Those with equally many items are pipelines of one kind: checkpoints from other seeds or other items.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Setting<string> _out = Setting.Required("--out", "DIR", "Where grid.json, grid.csv, grid.svg and grid.png go; a folder under the web application's data/grids is shown there.");
    private readonly Setting<double[]?> _alphas = Setting.Parsed("--alphas", "A,B,…", "Shares of a run's items in each random subset.", "0.25,0.5,0.75", "shares above 0 and below 1, separated by commas", static word =>
    {
        var shares = word.Split(',').Select(part => double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var share) && share is > 0 and < 1 ? share : double.NaN).ToArray();
        return shares.Any(double.IsNaN) ? null : shares;
    });

    private readonly JudgeSettings _judge = new(subsets: 100, repeats: 1, tuning: 0, everything: false);
    private readonly RecipeSettings _recipe = new();
    private readonly Setting<bool> _json = Setting.Flag("--json", "Write one JSON object per block of models and a last one with the result on stdout.");

    /// <summary>Declares the options.</summary>
    public GridCommand() : base("grid", "Judge several runs at several shares of retraining, and draw the figure.")
    {
        Arguments.Add(_runs);
        foreach (var option in (Option[])[_out, _alphas, .. _judge.All, .. _recipe.All, _json])
        {
            Options.Add(option);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("bif grid runs/half-* runs/whole-* --out grids/mnist", "Pipelines on half of the data and on all of it; a panel for each."),
    ];

    /// <inheritdoc/>
    public override string Notes => "Errors are standard errors over pipelines; of a single pipeline, the deviation of its bootstrap over subsets. Banks are kept beside the runs: the same line goes on.";

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Output output)
    {
        var json = arguments.GetValue(_json);
        var folder = arguments.GetRequiredValue(_out);
        var runs = (arguments.GetValue(_runs) ?? []).Select(RunDirectory.Open).ToList();
        using var interruption = new Interruption(() => output.Messages.WriteLine("Interrupted: the models that are done are kept."));
        var cells = QualityGrid.Measure(
            runs, arguments.GetValue(_alphas) is { Length: > 0 } given ? given : [0.25, 0.5, 0.75], record => _judge.Spec(arguments, _recipe.Recipe(arguments, record, output.Warn)),
            json ? null : output.Messages.WriteLine, new BankDisplay(output, json), interruption.Token);
        if (cells is null)
        {
            output.Messages.WriteLine("The same line goes on.");
            return ExitCode.Interrupted;
        }

        var undrawn = GridFiles.Write(folder, cells);
        if (undrawn is not null)
        {
            output.Warn(undrawn);
        }

        if (json)
        {
            output.Json(cells);
            return ExitCode.Ok;
        }

        var table = new Table().Border(TableBorder.Simple).AddColumns("attribution", "retraining", "method", "LDS", "± standard error", "pipelines", "ceiling");
        foreach (var cell in cells)
        {
            table.AddRow($"{cell.Attribution:P0}", $"{cell.Retraining:P0}", Markup.Escape(cell.Method), Number(cell.Lds), Number(cell.StandardError), $"{cell.Pipelines}", Number(cell.Ceiling));
        }

        output.Screen.Write(table);
        output.Results.WriteLine($"In {Path.GetFullPath(folder)}: grid.json, grid.csv, grid.svg{(undrawn is null ? ", grid.png" : "")}.");
        return ExitCode.Ok;
    }

    private static string Number(double? value) => value is { } number && double.IsFinite(number) ? number.ToString("F3", CultureInfo.InvariantCulture) : "–";
}
