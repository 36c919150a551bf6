using System.CommandLine;
using System.Globalization;
using Bif.Cli.Parsing;
using Bif.Cli.Running;
using Bif.Cli.Terminal;
using Bif.Engine.Runs;

namespace Bif.Cli.Commands;

/// <summary><c>bif calibrate</c>: the settings that a run would choose for a checkpoint, with reasons, without running it.</summary>
internal sealed class CalibrateCommand : Verb
{
    private readonly AttributeCommand _attribute = new();
    private readonly List<Option> _options;
    private readonly Setting<string?> _queries = Setting.Text("--queries", "PATH[@SPLIT][[A:B]]", "The queries that the run will have; they only enter the estimate of its time.", "one training item");
    private readonly Setting<bool> _json = Setting.Flag("--json", "Write one JSON object on stdout.");

    /// <summary>Declares the options: those of attribute that enter its settings.</summary>
    public CalibrateCommand() : base("calibrate", "Choose a run's settings for a checkpoint, and say why.")
    {
        string[] left = ["--out", "--queries", "--resume", "--json", "--keep-draws", "--target-reliability", "--preset", "--centering", "--eval-batch"];
        _options = [.. _attribute.Options.Where(option => !left.Contains(option.Name))];
        foreach (var option in _options.Append(_queries).Append(_json))
        {
            Options.Add(option);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("bif calibrate --model M --data D@train", "Damping, temperature and step for the checkpoint, and the line that uses them."),
        new("bif calibrate --model M --data D@train --sampler laplace", "The same for independent Laplace draws."),
    ];

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Output output)
    {
        var data = arguments.GetValue<string>("--data")!;
        var queries = arguments.GetValue(_queries);
        var spec = _attribute.Spec(arguments, queries ?? OneItemOf(data));
        var json = arguments.GetValue(_json);
        if (json)
        {
            output.Json(AttributionRun.Calibrate(spec, null));
            return ExitCode.Ok;
        }

        using var display = RunDisplay.For(output, json: false);
        var report = display.Follow(progress => AttributionRun.Calibrate(spec, progress));

        var settings = report.Settings;
        var to = output.Results;
        to.WriteLine($"{settings.Sampler}{(settings.Preconditioner == "none" ? "" : $" in {settings.Preconditioner} coordinates")}, {report.Source}, found in {Quantity.Duration(report.Seconds)}:");
        foreach (var reason in report.Reasons)
        {
            to.WriteLine($"  {reason}");
        }

        to.WriteLine($"{settings.Chains} chains of {settings.Draws:N0} draws would take about {Quantity.Duration(report.SamplingSeconds)} ({Quantity.Significant(1000 * report.SecondsPerDraw)} ms per draw of a chain).");
        to.WriteLine("The same settings by hand:");
        to.WriteLine("  " + Line(arguments, settings, queries));
        return ExitCode.Ok;
    }

    // What was given here, with each choice beside it.
    private string Line(ParseResult arguments, Bif.Engine.Sampling.SamplerSettings settings, string? queries)
    {
        List<(string Name, object? Value)> chosen = [("--sampler", settings.Sampler), ("--nbeta", settings.Nbeta), ("--gamma", settings.Gamma), ("--chains", settings.Chains), ("--draws", settings.Draws)];
        if (settings.Sampler is "baoab" or "laplace")
        {
            chosen.Add(("--preconditioner", settings.Preconditioner));
            if (settings.Preconditioner != "none")
            {
                chosen.Add(("--curvature-items", settings.CurvatureItems));
            }

            if (settings.Preconditioner == "lowrank")
            {
                chosen.Add(("--rank", settings.Rank));
            }
        }

        if (settings.Sampler == "laplace")
        {
            chosen.Add(("--control-variate", settings.FirstOrderControl ? "first-order" : "none"));
        }
        else
        {
            chosen.AddRange([("--epsilon", settings.Epsilon), ("--batch", settings.Batch > 0 ? settings.Batch : "full"), ("--burn-in", settings.BurnIn), ("--thin", settings.Thin)]);
            if (settings.Sampler == "baoab")
            {
                chosen.Add(("--friction", settings.Friction));
            }

            if (settings.Centered)
            {
                chosen.Add(("--centered", null));
            }
        }

        List<string> words = ["attribute"];
        foreach (var option in _options.Where(option => chosen.All(choice => choice.Name != option.Name) && arguments.GetResult(option) is { Implicit: false }))
        {
            var values = arguments.GetResult(option)!.Tokens;
            words.AddRange(values.Count == 0 ? [option.Name] : values.SelectMany(value => new[] { option.Name, value.Value }));
        }

        words.AddRange(["--queries", queries ?? "QUERIES", "--out", "RUN"]);
        foreach (var (name, value) in chosen)
        {
            words.Add(name);
            if (value is not null)
            {
                words.Add(string.Create(CultureInfo.InvariantCulture, $"{value}"));
            }
        }

        return ShellLine.Of(words);
    }

    // The first item of the data, whatever slice it has.
    private static string OneItemOf(string data)
    {
        var parsed = Bif.Engine.Data.DataPath.Parse(data);
        var start = parsed.Start ?? 0;
        return $"{parsed.Path}{(parsed.Split is { } split ? $"@{split}" : "")}[{start}:{(start == -1 ? "" : start + 1)}]";
    }
}
