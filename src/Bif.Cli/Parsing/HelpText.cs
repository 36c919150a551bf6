using System.CommandLine;
using System.Text;
using Bif.Cli.Commands;

namespace Bif.Cli.Parsing;

/// <summary>The help pages: every option with its value, meaning and default; then examples that work as written.</summary>
internal static class HelpText
{
    private const int Width = 100;
    private const int Indent = 6;

    /// <summary>The page of the tool.</summary>
    public static string OfTool(Grammar grammar)
    {
        var page = new StringBuilder();
        page.AppendLine(grammar.Summary).AppendLine();
        page.AppendLine("Usage: bif VERB [options]").AppendLine().AppendLine("Verbs:");
        foreach (var verb in grammar.Verbs)
        {
            page.AppendLine($"  {verb.Name}");
            AppendWrapped(page, verb.Description!);
        }

        page.AppendLine().AppendLine("Every verb:");
        AppendOptions(page, grammar.SharedOptions);
        page.AppendLine().AppendLine("Exit codes: 0 done, 1 unexpected failure, 2 bad input, 130 interrupted.");
        page.AppendLine("bif VERB --help explains a verb's options.");
        return page.ToString();
    }

    /// <summary>The page of a verb.</summary>
    public static string OfVerb(Verb verb, Grammar grammar)
    {
        var page = new StringBuilder();
        page.AppendLine(verb.Description).AppendLine();
        page.Append("Usage: bif ").Append(verb.Name);
        foreach (var argument in verb.Arguments)
        {
            page.Append(' ').Append(argument.Arity.MinimumNumberOfValues == 0 ? $"[{argument.Name}]" : argument.Name);
        }

        foreach (var option in verb.Options.Where(option => option.Required))
        {
            page.Append($" {option.Name} {((ISetting)option).Value}");
        }

        page.AppendLine(" [options]").AppendLine();
        foreach (var argument in verb.Arguments)
        {
            page.AppendLine($"  {argument.Name}");
            AppendWrapped(page, argument.Description!);
        }

        page.AppendLine("Options:");
        AppendOptions(page, verb.Options.Concat(grammar.SharedOptions));
        if (verb.Notes is { } notes)
        {
            page.AppendLine().AppendLine(notes);
        }

        page.AppendLine().AppendLine("Examples:");
        foreach (var example in verb.Examples)
        {
            page.AppendLine($"  {example.Line}");
            AppendWrapped(page, example.Does);
        }

        return page.ToString();
    }

    private static void AppendOptions(StringBuilder page, IEnumerable<Option> options)
    {
        foreach (var option in options)
        {
            var setting = (ISetting)option;
            var names = string.Join(", ", option.Aliases.Prepend(option.Name));
            page.AppendLine($"  {names} {setting.Value}".TrimEnd());
            AppendWrapped(page, $"{option.Description} [{(option.Required ? "required" : $"default: {setting.Default}")}]");
        }
    }

    private static void AppendWrapped(StringBuilder page, string text)
    {
        var length = 0;
        foreach (var word in text.Split(' '))
        {
            if (length > 0 && length + 1 + word.Length > Width - Indent)
            {
                page.AppendLine();
                length = 0;
            }

            page.Append(length == 0 ? new string(' ', Indent) : " ").Append(word);
            length += word.Length + 1;
        }

        page.AppendLine();
    }
}
