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
    private readonly Setting<bool> _json = Setting.Flag("--json", "Write one JSON object per line on stdout; the last line holds the paths.");

    /// <summary>Declares the options.</summary>
    public DemoCommand() : base("demo", "Draw a small image dataset with planted copies and wrong labels, and train a network on it.")
    {
        Options.Add(_out);
        Options.Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("bif demo --out demo", "2,000 training images, 60 queries and a trained network, in under a minute."),
        new("bif attribute --model demo/model --data demo@train --queries demo@test --out runs/demo", "Then: a run on it."),
    ];

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Output output)
    {
        var json = arguments.GetValue(_json);
        using var interruption = new Interruption(() => output.Messages.WriteLine("Interrupted: stopping after this epoch; the same line starts again."));
        var paths = ShapesDemo.Write(
            arguments.GetRequiredValue(_out),
            progress =>
            {
                if (json)
                {
                    output.Json(progress);
                }
                else
                {
                    output.Messages.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{100 * progress.Fraction,3:F0} %  {progress.Message}"));
                }
            },
            interruption.Token);
        if (json)
        {
            output.Json(paths);
            return ExitCode.Ok;
        }

        var run = Path.Combine(paths.Folder, "run");
        output.Results.WriteLine($"Wrote the demo to {Path.GetFullPath(paths.Folder)}; {paths.Truth} lists the planted copies and wrong labels. Next:");
        output.Results.WriteLine("  " + ShellLine.Of(["attribute", "--model", paths.Model, "--data", paths.Train, "--queries", paths.Queries, "--out", run]));
        output.Results.WriteLine("  " + ShellLine.Of(["top", run, "--query", "0"]));
        return ExitCode.Ok;
    }
}
