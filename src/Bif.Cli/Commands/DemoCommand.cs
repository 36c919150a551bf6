using System.CommandLine;
using System.Globalization;
using Bif.Cli.Parsing;
using Bif.Cli.Running;
using Bif.Cli.Terminal;
using Bif.Engine.Demo;

namespace Bif.Cli.Commands;

/// <summary><c>bif demo</c>: data and a model to try everything on, without a download.</summary>
internal sealed class DemoCommand : Verb
{
    private readonly Setting<string> _out = Setting.Required("--out", "DIR", "Folder to write; created if missing. A finished demo in it is left as it is.");
    private readonly Setting<string> _kind = Setting.Choice("--kind", "images: drawn shapes with planted copies and wrong labels; text: sentences in two languages, whose translations, spellings, synonyms and numbers are known.", "images", "images", "text");
    private readonly Setting<bool> _json = Setting.Flag("--json", "Write one JSON object per line on stdout; the last line holds the paths.");

    /// <summary>Declares the options.</summary>
    public DemoCommand() : base("demo", "Make a small dataset about which everything is known, and train a network on it.")
    {
        Options.Add(_out);
        Options.Add(_kind);
        Options.Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("bif demo --out demo", "2,000 training images, 60 queries and a trained network, in under a minute."),
        new("bif attribute --model demo/model --data demo@train --queries demo@test --out runs/demo", "Then: a run on it."),
        new("bif demo --kind text --out words", "Sentences said twice, in English and French, and a small language model that translates."),
    ];

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Output output)
    {
        var json = arguments.GetValue(_json);
        using var interruption = new Interruption(() => output.Messages.WriteLine("Interrupted: stopping after this epoch; the same line starts again."));
        var isText = arguments.GetValue(_kind) == "text";
        void Report(DemoProgress progress)
        {
            if (json)
            {
                output.Json(progress);
            }
            else
            {
                output.Messages.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{100 * progress.Fraction,3:F0} %  {progress.Message}"));
            }
        }

        var folder = arguments.GetRequiredValue(_out);
        var paths = isText ? BilingualDemo.Write(folder, Report, interruption.Token) : ShapesDemo.Write(folder, Report, interruption.Token);
        if (json)
        {
            output.Json(paths);
            return ExitCode.Ok;
        }

        var run = Path.Combine(paths.Folder, "run");
        output.Results.WriteLine($"Wrote the demo to {Path.GetFullPath(paths.Folder)}; {paths.Truth} lists {(isText ? "which words are each other's partners" : "the planted copies and wrong labels")}. Next:");
        foreach (var line in isText ? Text(paths, run) : Images(paths, run))
        {
            output.Results.WriteLine("  " + ShellLine.Of(line));
        }

        return ExitCode.Ok;
    }

    private static IReadOnlyList<string>[] Images(DemoPaths paths, string run) =>
    [
        ["attribute", "--model", paths.Model, "--data", paths.Train, "--queries", paths.Queries, "--out", run],
        ["top", run, "--query", "0"],
    ];

    private static IReadOnlyList<string>[] Text(DemoPaths paths, string run)
    {
        var spec = BilingualDemo.Spec(paths);
        return
        [
            ["attribute", "--model", spec.Model, "--data", spec.Data, "--queries", spec.Queries, "--parameters", spec.Parameters.Single(), "--sampler", spec.Sampler!, "--draws", $"{spec.Draws}", "--per-token", "--out", run],
            ["tokens", run, "--partners", paths.Truth],
            ["tokens", run, "--query", "0", "--by", "word"],
        ];
    }
}
