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
        var report = AttributionRun.Calibrate(spec, json ? null : new Lines(output));
        if (json)
        {
            output.Json(report);
            return ExitCode.Ok;
        }

        var settings = report.Settings;
        var to = output.Results;
        to.WriteLine($"{settings.Sampler}{(settings.Preconditioner == "none" ? "" : $" in {settings.Preconditioner} coordinates")}, {report.Source}, found in {Quantity.Duration(report.Seconds)}:");
        foreach (var reason in report.Reasons)
        {
            to.WriteLine($"  {reason}");
        }

        to.WriteLine($"{settings.Chains} chains of {settings.Draws:N0} draws would take about {Quantity.Duration(report.SamplingSeconds)} ({Quantity.Significant(1000 * report.SecondsPerDraw)} ms per draw of a chain).");
        to.WriteLine("The same settings by hand:");
        to.WriteLine("  " + Line(spec, settings, queries));
        return ExitCode.Ok;
    }

    private static string Line(RunSpec spec, Bif.Engine.Sampling.SamplerSettings settings, string? queries)
    {
        List<string> words = ["attribute", "--model", spec.Model, "--data", spec.Data, "--queries", queries ?? "QUERIES", "--out", "RUN", "--sampler", settings.Sampler];
        void Add(string name, object value) => words.AddRange([name, string.Create(CultureInfo.InvariantCulture, $"{value}")]);
        if (settings.Preconditioner != "none")
        {
            Add("--preconditioner", settings.Preconditioner);
        }

        if (settings.Sampler != "laplace")
        {
            Add("--epsilon", settings.Epsilon);
        }

        Add("--nbeta", settings.Nbeta);
        Add("--gamma", settings.Gamma);
        Add("--chains", settings.Chains);
        Add("--draws", settings.Draws);
        if (settings.Batch > 0)
        {
            Add("--batch", settings.Batch);
        }

        if (settings.Centered)
        {
            words.Add("--centered");
        }

        return string.Join(' ', words.Select(ShellLine.Quote).Prepend(ShellLine.Program));
    }

    // The first item of the data, whatever slice it has.
    private static string OneItemOf(string data)
    {
        var parsed = Bif.Engine.Data.DataPath.Parse(data);
        var start = parsed.Start ?? 0;
        return $"{parsed.Path}{(parsed.Split is { } split ? $"@{split}" : "")}[{start}:{(start == -1 ? "" : start + 1)}]";
    }

    private sealed class Lines(Output output) : IProgress<RunProgress>
    {
        public void Report(RunProgress value)
        {
            if (value.Message is { } message)
            {
                output.Messages.WriteLine(value.IsWarning ? $"warning: {message}" : message);
            }
        }
    }
}
