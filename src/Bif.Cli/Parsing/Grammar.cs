using System.CommandLine;
using Bif.Cli.Commands;

namespace Bif.Cli.Parsing;

/// <summary>The verbs with the options that all of them share.</summary>
internal sealed class Grammar
{
    // A path may start with @, hold = or brackets: nothing in a value has a meaning of its own.
    private static readonly ParserConfiguration Literal = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };
    private readonly Command _root = new("bif", "Bayesian influence functions: which training items move which predictions.");

    /// <summary>Builds the grammar of these verbs.</summary>
    public Grammar(IReadOnlyList<Verb> verbs)
    {
        Verbs = verbs;
        Help.Aliases.Add("-h");
        foreach (var option in new[] { Help, Verbose, Version })
        {
            option.Recursive = true;
            _root.Options.Add(option);
        }

        foreach (var verb in verbs)
        {
            _root.Subcommands.Add(verb);
        }
    }

    /// <summary>Every verb.</summary>
    public IReadOnlyList<Verb> Verbs { get; }

    /// <summary>What the tool is for.</summary>
    public string Summary => _root.Description!;

    /// <summary>Asks for help, of the tool or of a verb.</summary>
    public Setting<bool> Help { get; } = Setting.Flag("--help", "Show this help.");

    /// <summary>Asks for stack traces.</summary>
    public Setting<bool> Verbose { get; } = Setting.Flag("--verbose", "Show the stack trace of an unexpected failure.");

    /// <summary>Asks for the version.</summary>
    public Setting<bool> Version { get; } = Setting.Flag("--version", "Show the version.");

    /// <summary>The options that every verb has.</summary>
    public IReadOnlyList<Option> SharedOptions => [Help, Verbose, Version];

    /// <summary>Parses arguments.</summary>
    public ParseResult Parse(IReadOnlyList<string> arguments) => _root.Parse(arguments, Literal);
}
