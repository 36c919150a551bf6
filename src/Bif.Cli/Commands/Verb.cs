using System.CommandLine;
using Bif.Cli.Terminal;

namespace Bif.Cli.Commands;

/// <summary>A command line that works as written.</summary>
/// <param name="Line">The line, starting with <c>bif</c>.</param>
/// <param name="Does">What it does, in a few words.</param>
internal sealed record Example(string Line, string Does);

/// <summary>
/// One verb of the tool: a file in this folder that declares its options (<see cref="Parsing.Setting"/>), its examples
/// and what it does. Listed in <see cref="CommandLine.Verbs"/>; help, validation and exit codes follow from that.
/// </summary>
/// <param name="name">The word on the command line.</param>
/// <param name="summary">One sentence for the list of verbs.</param>
internal abstract class Verb(string name, string summary) : Command(name, summary)
{
    /// <summary>Lines that a person can copy.</summary>
    public abstract IReadOnlyList<Example> Examples { get; }

    /// <summary>What one must know to read the result (the signs of scores, for one), or null.</summary>
    public virtual string? Notes => null;

    /// <summary>Does it.</summary>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    /// <exception cref="Engine.InputException">Bad input; the message is the one line that the person sees.</exception>
    public abstract int Run(ParseResult arguments, Output output);
}
