using System.CommandLine;
using Bif.Cli.Parsing;
using Bif.Cli.Running;
using Bif.Cli.Terminal;
using Bif.Engine.Runs;

namespace Bif.Cli.Commands;

/// <summary><c>bif query</c>: adds queries to a finished run, at the run's own draws.</summary>
internal sealed class QueryCommand : Verb
{
    private readonly Argument<string> _run = RunArgument.Create();
    private readonly Setting<string> _queries = Setting.Required("--queries", "PATH[@SPLIT][[A:B]]", "The items whose loss is explained, as for attribute.");
    private readonly Setting<bool> _json = Setting.Flag("--json", "Write one JSON event per line on stdout; the last line is the result.");

    /// <summary>Declares the options.</summary>
    public QueryCommand() : base("query", "Add queries to a finished run at its own draws.")
    {
        Arguments.Add(_run);
        Options.Add(_queries);
        Options.Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("bif query runs/cifar --queries \"../shared/data/cifar10@test[100:105]\"", "Five more queries; top, group and export then number them after the run's own."),
    ];

    /// <inheritdoc/>
    public override string Notes => "Kept draws (attribute --keep-draws) and the draws of laplace need forward passes only; other chains are replayed, exactly, at about the run's cost. "
        + "Replayed and regenerated scores equal those of a run that had been asked at the start; scores from draws kept in float16 differ by the error that is printed.";

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Output output)
    {
        using var display = RunDisplay.For(output, arguments.GetValue(_json));
        using var interruption = new Interruption(
            () => display.Report(new RunProgress(RunStage.Sampling, "Interrupted: finishing the present block or step (Ctrl-C again stops at once).")));
        var result = display.Follow(progress => QueryAddition.Execute(
            arguments.GetRequiredValue(_run), arguments.GetRequiredValue(_queries), progress, interruption.Token));
        Report(result, arguments.GetRequiredValue(_run), arguments.GetValue(_json), output);
        return result.Completed ? ExitCode.Ok : ExitCode.Interrupted;
    }

    private static void Report(AdditionResult result, string run, bool json, Output output)
    {
        if (json)
        {
            output.Json(new
            {
                Event = "result", result.Directory, result.Completed, result.Way, result.FirstQuery, result.Count, result.Verdict, result.KeptError, result.ElapsedSeconds, result.PeakBytes,
            });
            return;
        }

        if (!result.Completed)
        {
            output.Messages.WriteLine("Interrupted; every finished block is kept: the same line goes on.");
            return;
        }

        var to = output.Results;
        to.WriteLine($"{(result.Count == 1 ? $"Query {result.FirstQuery}" : $"Queries {result.FirstQuery} to {result.FirstQuery + result.Count - 1}")} added ({result.Way}) in {Quantity.Duration(result.ElapsedSeconds)}. Verdict: {result.Verdict}.");
        if (result.KeptError is > 0 and var error)
        {
            to.WriteLine($"Rounding of the kept draws: {error:P2} of a loss's deviation along the run.");
        }

        to.WriteLine("Next:");
        to.WriteLine($"  {ShellLine.Program} top {ShellLine.Quote(run)} --query {result.FirstQuery}");
    }
}
