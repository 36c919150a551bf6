using System.Text.Json;
using Spectre.Console;

namespace Bif.Cli.Terminal;

/// <summary>
/// Where a verb writes. Results go to stdout; warnings and progress go to stderr, so that a pipe receives results only.
/// </summary>
internal sealed class Output
{
    /// <summary>Wraps the two streams.</summary>
    public Output(TextWriter results, TextWriter messages)
    {
        Results = results;
        Messages = messages;
        Screen = Console(results, System.Console.IsOutputRedirected || results != System.Console.Out);
        Progress = Console(messages, System.Console.IsErrorRedirected || messages != System.Console.Error);
    }

    /// <summary>stdout as text.</summary>
    public TextWriter Results { get; }

    /// <summary>stderr as text.</summary>
    public TextWriter Messages { get; }

    /// <summary>stdout with tables and colour; plain where it is no terminal or NO_COLOR is set.</summary>
    public IAnsiConsole Screen { get; }

    /// <summary>stderr with progress bars.</summary>
    public IAnsiConsole Progress { get; }

    /// <summary>Writes a value as one line of JSON on stdout.</summary>
    public void Json(object value)
    {
        lock (Results)
        {
            Results.WriteLine(JsonSerializer.Serialize(value, JsonText.Compact));
            Results.Flush();
        }
    }

    /// <summary>Writes a warning line on stderr.</summary>
    public void Warn(string message) => Messages.WriteLine($"warning: {message}");

    private static IAnsiConsole Console(TextWriter writer, bool redirected)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = redirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = redirected ? InteractionSupport.No : InteractionSupport.Detect,
        });
        if (redirected)
        {
            // Tables in a file keep their columns.
            console.Profile.Width = 160;
        }

        return console;
    }
}
