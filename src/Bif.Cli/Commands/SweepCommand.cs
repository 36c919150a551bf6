using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Bif.Cli.Parsing;
using Bif.Cli.Running;
using Bif.Cli.Terminal;
using Bif.Engine.Evaluation;
using Spectre.Console;

namespace Bif.Cli.Commands;

/// <summary><c>bif sweep</c>: runs around the calibrated setting, and how much the scores depend on it.</summary>
internal sealed class SweepCommand : Verb
{
    private readonly AttributeCommand _attribute = new();
    private readonly Setting<double[]?> _damping = Factors("--damping-factors", "Factors of the damping gamma/nbeta.", "0.3,1,3");
    private readonly Setting<double[]?> _temperature = Factors("--temperature-factors", "Factors of the temperature (nbeta and gamma divided by it).", "0.3,1,3");
    private readonly Setting<double[]?> _step = Factors("--step-factors", "Factors of the step, at the calibrated target; 0.5 shows the bias that the halves of one run share. Independent draws (laplace) have none.", "0.5");
    private readonly Setting<bool> _posterior = Setting.Flag("--posterior", "For laplace: also chains (baoab) on the posterior itself at the calibrated target, which show the bias of its Gaussian approximation. Each of their steps is a gradient of all items.");

    /// <summary>Declares the options.</summary>
    public SweepCommand() : base("sweep", "Vary damping, temperature and step around the calibrated setting.")
    {
        string[] left = ["--resume", "--keep-draws", "--target-reliability", "--preset"];
        foreach (var option in _attribute.Options.Where(option => !left.Contains(option.Name)).Append(_damping).Append(_temperature).Append(_step).Append(_posterior))
        {
            Options.Add(option);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("bif sweep --model M --data D@train --queries D@test --out sweeps/m --draws 400", "Nine targets and half the step, a quarter of the draws first; a table, sweep.csv, sweep.json and sweep.svg."),
    ];

    /// <inheritdoc/>
    public override string Notes => "The same line goes on with an interrupted sweep. Every point is a run of its own in --out, which top and export read.";

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Output output)
    {
        var json = arguments.GetValue<bool>("--json");
        var directory = arguments.GetValue<string>("--out")!;
        var spec = _attribute.Spec(arguments, arguments.GetValue<string>("--queries")!);
        using var display = RunDisplay.For(output, json);
        using var interruption = new Interruption(() => output.Messages.WriteLine("Interrupted: finishing the current block of draws."));
        var results = display.Follow(progress => new Sweep(spec, directory, json ? null : progress).Run(
            [
                .. SweepPoint.Grid(OrElse(arguments.GetValue(_damping), [0.3, 1, 3]), OrElse(arguments.GetValue(_temperature), [0.3, 1, 3]), OrElse(arguments.GetValue(_step), [0.5])),
                .. arguments.GetValue(_posterior) ? new[] { SweepPoint.Posterior } : [],
            ],
            interruption.Token));
        if (results.Count == 0)
        {
            output.Messages.WriteLine("Interrupted; every finished block is kept: the same line goes on.");
            return ExitCode.Interrupted;
        }

        Write(directory, results);
        if (json)
        {
            output.Json(new { Directory = Path.GetFullPath(directory), Points = results });
            return ExitCode.Ok;
        }

        Show(results, output);
        output.Results.WriteLine($"In {Path.GetFullPath(directory)}: sweep.csv, sweep.json, sweep.svg, and a run per point.");
        return ExitCode.Ok;
    }

    // A list that is not given is empty.
    private static double[] OrElse(double[]? given, double[] fallback) => given is { Length: > 0 } ? given : fallback;

    private static void Show(IReadOnlyList<SweepResult> results, Output output)
    {
        var table = new Table().Border(TableBorder.Simple)
            .AddColumns("damping", "temperature", "step", "nbeta", "gamma", "draws", "verdict", "reliability", "top 10 stable", "like GradSim", "agrees", "noise out");
        foreach (var each in results)
        {
            table.AddRow(
                $"×{each.Point.Damping:G3}", $"×{each.Point.Temperature:G3}", each.Point.Chains ? "chains" : $"×{each.Point.Step:G3}", $"{each.Nbeta:G3}", $"{each.Gamma:G3}", $"{each.Draws:N0}",
                each.Verdict, Number(each.Reliability), Number(each.TopOverlap), Number(each.GradSim), Number(each.Agreement), Number(each.AgreementCorrected));
        }

        output.Screen.Write(table);
        output.Screen.WriteLine("agrees: correlation of the scores with the calibrated run's; noise out: the same divided by the root of both reliabilities.");
    }

    private static void Write(string directory, IReadOnlyList<SweepResult> results)
    {
        File.WriteAllText(Path.Combine(directory, "sweep.json"), JsonSerializer.Serialize(results, JsonText.Indented));
        File.WriteAllText(Path.Combine(directory, "sweep.svg"), SweepFigure.Draw(results));
        var lines = results.Select(each => string.Join(',', new object?[]
        {
            each.Point.Damping, each.Point.Temperature, each.Point.Step, each.Point.Chains ? 1 : 0, each.Nbeta, each.Gamma, each.Epsilon, each.Draws, each.Verdict,
            each.Reliability, each.TopOverlap, each.GradSim, each.Agreement, each.AgreementCorrected,
        }.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture))));
        File.WriteAllLines(
            Path.Combine(directory, "sweep.csv"),
            lines.Prepend("damping_factor,temperature_factor,step_factor,chains,nbeta,gamma,epsilon,draws,verdict,reliability,top_overlap,gradsim,agreement,agreement_corrected"));
    }

    private static string Number(double? value) => value is { } number ? number.ToString("F2", CultureInfo.InvariantCulture) : "–";

    private static Setting<double[]?> Factors(string name, string description, string fallback)
        => Setting.Parsed(name, "A,B,…", description, fallback, "positive numbers separated by commas", static word =>
        {
            var parts = word.Split(',').Select(part => double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value > 0 && double.IsFinite(value) ? value : double.NaN).ToArray();
            return parts.Any(double.IsNaN) ? null : parts;
        });
}
