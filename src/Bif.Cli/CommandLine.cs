using Bif.Cli.Commands;
using Bif.Cli.Parsing;
using Bif.Cli.Terminal;
using Bif.Engine;

namespace Bif.Cli;

/// <summary>The command line tool <c>bif</c>: from arguments to an exit code.</summary>
internal static class CommandLine
{
    /// <summary>Every verb, in the order of the help.</summary>
    public static IReadOnlyList<Verb> Verbs() =>
    [
        new AttributeCommand(),
        new CalibrateCommand(),
        new SweepCommand(),
        new TopCommand(),
        new TokensCommand(),
        new QueryCommand(),
        new GroupCommand(),
        new CompareCommand(),
        new LdsCommand(),
        new GridCommand(),
        new RetrainCommand(),
        new ExportCommand(),
        new TrainCommand(),
        new PullCommand(),
        new DemoCommand(),
        new DoctorCommand(),
        new BenchCommand(),
        new CheckCommand(),
    ];

    /// <summary>
    /// Runs one command line. Bad input (unknown words, values out of range, <see cref="InputException"/>) gives exactly
    /// one line on <paramref name="errors"/> and <see cref="ExitCode.BadInput"/>.
    /// </summary>
    public static int Run(IReadOnlyList<string> arguments, TextWriter output, TextWriter errors)
    {
        var grammar = new Grammar(Verbs());
        var parsed = grammar.Parse(arguments);
        var verb = parsed.CommandResult.Command as Verb;
        if (parsed.GetValue(grammar.Help) || arguments.Count == 0)
        {
            output.Write(verb is null ? HelpText.OfTool(grammar) : HelpText.OfVerb(verb, grammar));
            return ExitCode.Ok;
        }

        if (parsed.GetValue(grammar.Version))
        {
            output.WriteLine(ToolVersion.Text);
            return ExitCode.Ok;
        }

        if (ParseErrors.FirstOf(parsed, grammar) is { } sentence)
        {
            errors.WriteLine(sentence);
            return ExitCode.BadInput;
        }

        return Guarded(() => verb!.Run(parsed, new Output(output, errors)), verb!.Name, parsed.GetValue(grammar.Verbose), errors);
    }

    private static int Guarded(Func<int> run, string verb, bool verbose, TextWriter errors)
    {
        try
        {
            return run();
        }
        catch (Exception thrown)
        {
            var error = thrown is AggregateException many ? many.Flatten().InnerExceptions[0] : thrown;
            switch (error)
            {
                case OperationCanceledException:
                    return ExitCode.Interrupted;
                case InputException:
                    errors.WriteLine(PlainText.OneLine(error.Message));
                    return ExitCode.BadInput;

                // A path that cannot be written, a full disk: for the person to mend, not a fault of the program.
                case IOException or UnauthorizedAccessException:
                    errors.WriteLine(PlainText.OneLine($"bif {verb} cannot read or write a file: {error.Message}"));
                    return ExitCode.BadInput;
                case var _ when MemoryShortage.Is(error):
                    errors.WriteLine(PlainText.OneLine($"bif {verb} needs more memory than there is ({error.Message}): {MemoryShortage.Advice}."));
                    return ExitCode.BadInput;
                default:
                    errors.WriteLine($"bif failed: {PlainText.OneLine(error.GetBaseException().Message)}");
                    errors.WriteLine(verbose ? error.ToString() : "Run it again with --verbose for the stack trace.");
                    return ExitCode.Failure;
            }
        }
    }
}
