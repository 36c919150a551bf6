using System.CommandLine;
using System.CommandLine.Parsing;
using Bif.Cli.Commands;

namespace Bif.Cli.Parsing;

/// <summary>Turns a parser's findings into the one sentence that a person needs first.</summary>
internal static class ParseErrors
{
    /// <summary>The sentence, or null where the arguments are fine.</summary>
    public static string? FirstOf(ParseResult parsed, Grammar grammar)
    {
        var verb = parsed.CommandResult.Command as Verb;
        if (verb is null)
        {
            return UnknownVerb(parsed, grammar);
        }

        if (parsed.UnmatchedTokens.FirstOrDefault(token => token.StartsWith('-')) is { } option)
        {
            return UnknownOption(option, verb, grammar);
        }

        if (MissingValue(parsed) is { } unfinished)
        {
            return $"{unfinished.Name} needs a value: {unfinished.Name} {((ISetting)unfinished).Value}.";
        }

        if (Repeated(parsed) is { } twice)
        {
            return $"{twice.Name} is given twice: give it once.";
        }

        if (Swallowed(parsed, verb) is var (hungry, next))
        {
            return $"{hungry.Name} needs a value before {next}: {hungry.Name} {((ISetting)hungry).Value}.";
        }

        if (parsed.UnmatchedTokens is [var word, ..])
        {
            return $"bif {verb.Name} does not know what to do with \"{word}\": see bif {verb.Name} --help.";
        }

        if (Missing(parsed, verb) is { } missing)
        {
            return $"bif {verb.Name} needs {missing}: see bif {verb.Name} --help.";
        }

        return parsed.Errors.Count > 0 ? parsed.Errors[0].Message : null;
    }

    private static string UnknownVerb(ParseResult parsed, Grammar grammar)
    {
        if (parsed.UnmatchedTokens is not [var word, ..])
        {
            return "bif needs a verb: see bif --help.";
        }

        return Suggestion.Nearest(word, grammar.Verbs.Select(verb => verb.Name)) is { } near
            ? $"There is no verb \"{word}\": did you mean bif {near}?"
            : $"There is no verb \"{word}\": the verbs are {string.Join(", ", grammar.Verbs.Select(verb => verb.Name))}.";
    }

    private static string UnknownOption(string option, Verb verb, Grammar grammar)
    {
        var known = verb.Options.Concat(grammar.SharedOptions).Select(each => each.Name);
        return Suggestion.Nearest(option.Split('=')[0], known) is { } near
            ? $"bif {verb.Name} has no option {option}: did you mean {near}?"
            : $"bif {verb.Name} has no option {option}: see bif {verb.Name} --help.";
    }

    private static Option? MissingValue(ParseResult parsed) => parsed.CommandResult.Children
        .OfType<OptionResult>()
        .FirstOrDefault(result => !result.Implicit && result.Tokens.Count < result.Option.Arity.MinimumNumberOfValues)?.Option;

    private static Option? Repeated(ParseResult parsed) => parsed.CommandResult.Children
        .OfType<OptionResult>()
        .FirstOrDefault(result => result.IdentifierTokenCount > 1 && result.Option.Arity.MaximumNumberOfValues <= 1)?.Option;

    // What looks like an option in the place of a value means a forgotten value; a path of that form can begin with ./.
    private static (Option Option, string Next)? Swallowed(ParseResult parsed, Verb verb)
    {
        var aliases = verb.Options.SelectMany(option => option.Aliases.Append(option.Name)).ToHashSet(StringComparer.Ordinal);
        foreach (var result in parsed.CommandResult.Children.OfType<OptionResult>().Where(result => !result.Implicit && result.Option.Name != Setting.SeparatorName))
        {
            if (result.Tokens.FirstOrDefault(token => aliases.Contains(token.Value) || token.Value is ['-', '-', >= 'a' and <= 'z', ..]) is { } next)
            {
                return (result.Option, next.Value);
            }
        }

        return null;
    }

    private static string? Missing(ParseResult parsed, Verb verb)
    {
        var options = verb.Options.Where(option => option.Required && parsed.GetResult(option) is null or { Implicit: true } && option.Required)
            .Select(option => $"{option.Name} {((ISetting)option).Value}");
        var arguments = verb.Arguments
            .Where(argument => argument.Arity.MinimumNumberOfValues > 0 && parsed.GetResult(argument) is not { Tokens.Count: > 0 })
            .Select(argument => argument.Name);
        var names = arguments.Concat(options).ToArray();
        return names.Length == 0 ? null : string.Join(", ", names);
    }
}
