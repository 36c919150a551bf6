using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Bif.Cli.Parsing;

/// <summary>An option together with what its help line states.</summary>
internal sealed class Setting<T>(string name) : Option<T>(name), ISetting
{
    /// <inheritdoc/>
    public required string Default { get; init; }

    /// <inheritdoc/>
    public required string Value { get; init; }
}

/// <summary>What the help states about an option besides its description.</summary>
internal interface ISetting
{
    /// <summary>The default in words, or "required".</summary>
    string Default { get; }

    /// <summary>What the value is (<c>NUMBER</c>, <c>cpu|cuda:N</c>); empty for a flag.</summary>
    string Value { get; }
}

/// <summary>
/// Makes the options of verbs. Every one has a default in its help; a value that does not fit is refused with a sentence
/// that names the option, the value and what is accepted. State the unit in the description.
/// </summary>
internal static class Setting
{
    /// <summary>The option whose value may be anything.</summary>
    public const string SeparatorName = "--separator";

    /// <summary>A number with a default value.</summary>
    public static Setting<double> Number(string name, string description, double fallback, Interval accepted) => new(name)
    {
        Description = description,
        Default = fallback.ToString(CultureInfo.InvariantCulture),
        Value = "NUMBER",
        DefaultValueFactory = _ => fallback,
        CustomParser = result => ParseNumber(result, name, accepted) ?? fallback,
    };

    /// <summary>A number that is null when not given; <paramref name="fallback"/> says in words what applies then.</summary>
    public static Setting<double?> Number(string name, string description, string fallback, Interval accepted) => new(name)
    {
        Description = description,
        Default = fallback,
        Value = "NUMBER",
        CustomParser = result => ParseNumber(result, name, accepted),
    };

    /// <summary>A whole number with a default value.</summary>
    public static Setting<int> Count(string name, string description, int fallback, int atLeast, int atMost = int.MaxValue) => new(name)
    {
        Description = description,
        Default = fallback.ToString(CultureInfo.InvariantCulture),
        Value = "N",
        DefaultValueFactory = _ => fallback,
        CustomParser = result => ParseCount(result, name, atLeast, atMost) ?? fallback,
    };

    /// <summary>A whole number that is null when not given; <paramref name="fallback"/> says in words what applies then.</summary>
    public static Setting<int?> Count(string name, string description, string fallback, int atLeast, int atMost = int.MaxValue) => new(name)
    {
        Description = description,
        Default = fallback,
        Value = "N",
        CustomParser = result => ParseCount(result, name, atLeast, atMost),
    };

    /// <summary>How many CPU threads to use; beyond some per core a machine only waits for itself.</summary>
    public static Setting<int?> Threads(string description) => Count("--threads", description, "one per core", 1, Math.Max(64, 16 * Environment.ProcessorCount));

    /// <summary>A text that is null when not given, and not empty.</summary>
    public static Setting<string?> Text(string name, string value, string description, string fallback) => new(name)
    {
        Description = description,
        Default = fallback,
        Value = value,
        Validators = { NotEmpty },
    };

    /// <summary>A text that is null when not given, and may be empty.</summary>
    public static Setting<string?> Separator(string description, string fallback) => new(SeparatorName)
    {
        Description = description,
        Default = fallback,
        Value = "TEXT",
    };

    /// <summary>A text that must be given.</summary>
    public static Setting<string> Required(string name, string value, string description) => new(name)
    {
        Description = description,
        Default = "required",
        Value = value,
        Required = true,
        Validators = { NotEmpty },
    };

    /// <summary>One of some words.</summary>
    public static Setting<string> Choice(string name, string description, string fallback, params string[] choices) => new(name)
    {
        Description = description,
        Default = fallback,
        Value = string.Join('|', choices),
        DefaultValueFactory = _ => fallback,
        CustomParser = result => ParseChoice(result, name, choices) ?? fallback,
    };

    /// <summary>A text checked by <paramref name="read"/>, which returns null for what it does not accept.</summary>
    public static Setting<T?> Parsed<T>(
        string name, string value, string description, string fallback, string accepted, Func<string, T?> read) => new(name)
    {
        Description = description,
        Default = fallback,
        Value = value,
        CustomParser = result =>
        {
            var parsed = read(Token(result));
            if (parsed is null)
            {
                result.AddError($"{name} must be {accepted}, not \"{Token(result)}\".");
            }

            return parsed;
        },
    };

    /// <summary>A text that may be given several times.</summary>
    public static Setting<string[]> Repeatable(string name, string value, string description, string fallback) => new(name)
    {
        Description = description + " May be given several times.",
        Default = fallback,
        Value = value,
        DefaultValueFactory = _ => [],
        AllowMultipleArgumentsPerToken = false,
        Arity = ArgumentArity.OneOrMore,
        Validators = { NotEmpty },
    };

    /// <summary>On when named, off otherwise.</summary>
    public static Setting<bool> Flag(string name, string description) => new(name)
    {
        Description = description,
        Default = "off",
        Value = "",
        Arity = ArgumentArity.Zero,
    };

    /// <summary>Refuses an option that is given with nothing as its value.</summary>
    internal static void NotEmpty(OptionResult result)
    {
        if (result.Tokens.Any(token => token.Value.Length == 0))
        {
            result.AddError($"{result.Option.Name} must not be empty.");
        }
    }

    private static double? ParseNumber(ArgumentResult result, string name, Interval accepted)
    {
        if (double.TryParse(Token(result), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && accepted.Contains(value))
        {
            return value;
        }

        result.AddError($"{name} must be a number {accepted}, not \"{Token(result)}\".");
        return null;
    }

    private static int? ParseCount(ArgumentResult result, string name, int atLeast, int atMost = int.MaxValue)
    {
        if (int.TryParse(Token(result), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= atLeast && value <= atMost)
        {
            return value;
        }

        var accepted = atMost == int.MaxValue ? $"of at least {atLeast}" : $"from {atLeast} to {atMost}";
        result.AddError($"{name} must be a whole number {accepted}, not \"{Token(result)}\".");
        return null;
    }

    private static string? ParseChoice(ArgumentResult result, string name, string[] choices)
    {
        if (choices.Contains(Token(result)))
        {
            return Token(result);
        }

        var suggestion = Suggestion.Nearest(Token(result), choices) is { } near ? $" (did you mean {near}?)" : "";
        result.AddError($"{name} must be one of {string.Join(", ", choices)}, not \"{Token(result)}\"{suggestion}.");
        return null;
    }

    private static string Token(ArgumentResult result) => result.Tokens[^1].Value;
}
