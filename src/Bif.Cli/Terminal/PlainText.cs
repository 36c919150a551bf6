using System.Globalization;

namespace Bif.Cli.Terminal;

/// <summary>Text from files and names made harmless for a terminal: no control sequences, no lines of its own, no endless ones.</summary>
internal static class PlainText
{
    private const int MostCharacters = 600;

    /// <summary>
    /// The text on one line: breaks become spaces; other control and format characters (escape sequences, reversed writing)
    /// become a question mark; what is longer than a person reads is cut.
    /// </summary>
    public static string OneLine(string text)
    {
        var line = string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        var visible = string.Concat(line.Select(each => CharUnicodeInfo.GetUnicodeCategory(each) is UnicodeCategory.Control or UnicodeCategory.Format ? '?' : each));
        return visible.Length <= MostCharacters ? visible : visible[..MostCharacters] + "…";
    }
}
