using System.CommandLine;
using System.Globalization;
using Bif.Cli.Parsing;
using Bif.Cli.Running;
using Bif.Cli.Terminal;
using Bif.Engine.Retraining;
using Bif.Engine.Runs;
using Spectre.Console;

namespace Bif.Cli.Commands;

/// <summary><c>bif lds</c>: how well a run's scores, and those of comparison methods, predict retraining.</summary>
internal sealed class LdsCommand : Verb
{
    private readonly Argument<string> _run = RunArgument.Create();
    private readonly Setting<double> _alpha = Setting.Number("--alpha", "Share of the training items in each random subset.", 0.5, Interval.Between(0.001, 0.999));
    private readonly JudgeSettings _judge = new(subsets: 100, repeats: 3, tuning: 20, everything: true);
    private readonly Setting<string?> _bank = Setting.Text("--bank", "DIR", "Where retrained losses are kept and reused.", "banks/ID beside the run");
    private readonly RecipeSettings _recipe = new();
    private readonly Setting<bool> _json = Setting.Flag("--json", "Write one JSON object per block of models and a last one with the result on stdout.");
    private readonly Setting<bool> _markdown = Setting.Flag("--markdown", "Write the result as a Markdown table, a row per method: of several settings the one that the tuning subsets chose.");

    /// <summary>Declares the options.</summary>
    public LdsCommand() : base("lds", "Judge scores by retraining on random subsets (linear datamodelling score).")
    {
        Arguments.Add(_run);
        foreach (var option in (Option[])[_alpha, _bank, .. _judge.All, .. _recipe.All, _json, _markdown])
        {
            Options.Add(option);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("bif lds runs/mnist", "The run and every comparison method on 100 subsets, 3 models each, trained as the checkpoint was (its training.json); a table, and quality.json in the run."),
        new("bif lds runs/mnist --epochs 60 --batch 50 --lr 0.05 --weight-decay 0.001 --schedule linear", "The same for a checkpoint that was trained elsewhere."),
        new("bif lds runs/mnist --methods bif,ekfac@1,ekfac@30,gradsim --methods mine=scores.npy", "Some methods, one at two dampings, one from a file."),
    ];

    /// <inheritdoc/>
    public override string Notes => "A method's scores, summed over a subset, predict the query's loss after training on it: negative = helpful = lowers the loss. "
        + "The same line goes on with an interrupted bank; more subsets or repeats add to it.";

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Output output)
    {
        var run = RunDirectory.Open(arguments.GetRequiredValue(_run));
        var record = run.ReadRecord();
        var json = arguments.GetValue(_json);
        var spec = _judge.Spec(arguments, _recipe.Recipe(arguments, record, output.Warn));
        spec = spec with { Bank = spec.Bank with { Alpha = arguments.GetValue(_alpha) }, BankDirectory = arguments.GetValue(_bank) };
        using var interruption = new Interruption(() => output.Messages.WriteLine("Interrupted: the models that are done are kept."));
        var quality = QualityMeasurement.Run(run, spec, json ? null : output.Messages.WriteLine, new BankDisplay(output, json), interruption.Token);
        if (quality is null)
        {
            output.Messages.WriteLine("The same line goes on with the bank.");
            return ExitCode.Interrupted;
        }

        if (json)
        {
            output.Json(quality);
            return ExitCode.Ok;
        }

        if (arguments.GetValue(_markdown))
        {
            output.Results.Write(QualityMarkdown.Of(quality));
            return ExitCode.Ok;
        }

        Show(quality, output);
        return ExitCode.Ok;
    }

    private static void Show(QualityRecord quality, Output output)
    {
        var table = new Table().Border(TableBorder.Simple)
            .AddColumns("method", "LDS", "95 % interval", "tuning", "against bif", "left out", "seconds", "forward", "backward");
        foreach (var method in quality.Methods)
        {
            table.AddRow(
                Markup.Escape(method.Name) + (method.Chosen == true ? " (chosen)" : ""),
                Number(method.Lds),
                $"{Number(method.Low)} to {Number(method.High)}",
                Number(method.TuningLds),
                method.AheadOfBif is [var low, _, var high] ? $"{Signed(low)} to {Signed(high)}" : "",
                $"{method.ConstantPredictions + method.ConstantLosses}",
                method.Cost.Seconds is { } seconds ? Quantity.Significant(seconds) : "–",
                Quantity.Passes(method.Cost.ForwardPasses),
                Quantity.Passes(method.Cost.BackwardPasses));
        }

        output.Screen.Write(table);
        if (quality.Agreement is { Methods.Count: > 1 } agreement)
        {
            output.Screen.Write(Alike(agreement));
            output.Results.WriteLine($"Above the diagonal: overlap of the {agreement.Top} most helpful items; below it: rank correlation over all items; means over the queries.");
        }

        foreach (var refusal in quality.Refused)
        {
            output.Results.WriteLine($"{refusal.Name} is not there: {refusal.Reason}");
        }

        var bank = quality.Bank;
        var to = output.Results;
        to.WriteLine($"{quality.Queries} queries, {bank.Subsets - bank.TuningSubsets} subsets of {bank.Alpha:P0} reported ({bank.TuningSubsets} others for tuning), {bank.Repeats} models each: {bank.Recipe}.");
        to.WriteLine(quality.Ceiling is { } ceiling
            ? $"A perfect predictor would reach {Number(ceiling)}: two retrainings of one subset agree to {Number(quality.SingleAgreement)}."
            : "With one model per subset the ceiling is unknown: --repeats 2 or more tells it.");
        to.WriteLine($"Retraining took {Quantity.Duration(bank.Seconds)} for {bank.Trained} models. left out: queries without differences between subsets; chosen: by the tuning subsets; forward, backward: passes of one item each.");
    }

    private static Table Alike(MethodAgreement agreement)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns([.. agreement.Methods.Select(Markup.Escape).Prepend("alike")]);
        for (var row = 0; row < agreement.Methods.Count; row++)
        {
            table.AddRow([
                Markup.Escape(agreement.Methods[row]),
                .. Enumerable.Range(0, agreement.Methods.Count).Select(column => column == row ? "" : column > row ? $"{agreement.Overlap[row][column]:F2}" : Number(agreement.RankCorrelation[row][column]))]);
        }

        return table;
    }

    private static string Number(double? value) => value is { } number && double.IsFinite(number) ? number.ToString("F3", CultureInfo.InvariantCulture) : "–";

    private static string Signed(double value) => value.ToString("+0.000;-0.000", CultureInfo.InvariantCulture);
}
