using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Bif.Engine.Data;

namespace Bif.Engine.Tokenizers;

/// <summary>
/// A regular expression over code points. .NET's classes see a character beyond U+FFFF as two surrogates of no category;
/// such a character is therefore matched as a stand-in of its own category, and the match is carried back.
/// </summary>
internal sealed class UnicodePattern
{
    private readonly Regex _regex;

    /// <summary>Compiles a pattern in the syntax that tokenizers use.</summary>
    /// <exception cref="InputException">.NET cannot compile it.</exception>
    public UnicodePattern(string pattern, string origin)
    {
        try
        {
            _regex = new Regex(pattern, RegexOptions.Compiled | RegexOptions.CultureInvariant);
        }
        catch (ArgumentException error)
        {
            throw new InputException($"{origin}: the pattern \"{Excerpt.Of(pattern)}\" is not supported ({Excerpt.Of(error.Message)}).", error);
        }
    }

    /// <summary>The matches as (start, length) in UTF-16 units, in order; empty matches are left out.</summary>
    public List<(int Start, int Length)> Matches(ReadOnlySpan<char> text)
    {
        var matches = new List<(int, int)>();
        if (!text.ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            foreach (var match in _regex.EnumerateMatches(text))
            {
                Add(matches, match.Index, match.Index + match.Length);
            }

            return matches;
        }

        var shadow = new StringBuilder(text.Length);
        var places = new List<int>(text.Length + 1);
        var at = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            shadow.Append(rune.IsBmp ? (char)rune.Value : StandIn(Rune.GetUnicodeCategory(rune)));
            places.Add(at);
            at += rune.Utf16SequenceLength;
        }

        places.Add(at);
        foreach (var match in _regex.EnumerateMatches(shadow.ToString()))
        {
            Add(matches, places[match.Index], places[match.Index + match.Length]);
        }

        return matches;
    }

    private static void Add(List<(int Start, int Length)> matches, int start, int end)
    {
        if (end > start)
        {
            matches.Add((start, end - start));
        }
    }

    private static char StandIn(UnicodeCategory category) => category switch
    {
        UnicodeCategory.UppercaseLetter => '\u0100',
        UnicodeCategory.LowercaseLetter => '\u0138',
        UnicodeCategory.TitlecaseLetter => '\u01C5',
        UnicodeCategory.ModifierLetter => '\u02B0',
        UnicodeCategory.OtherLetter => '\u01BB',
        UnicodeCategory.NonSpacingMark => '\u0300',
        UnicodeCategory.SpacingCombiningMark => '\u0903',
        UnicodeCategory.EnclosingMark => '\u0488',
        UnicodeCategory.DecimalDigitNumber => '\u0660',
        UnicodeCategory.LetterNumber => '\u2180',
        UnicodeCategory.OtherNumber => '\u00B2',
        UnicodeCategory.ConnectorPunctuation => '\u203F',
        UnicodeCategory.DashPunctuation => '\u2010',
        UnicodeCategory.OpenPunctuation => '\u0F3A',
        UnicodeCategory.ClosePunctuation => '\u0F3B',
        UnicodeCategory.InitialQuotePunctuation => '\u00AB',
        UnicodeCategory.FinalQuotePunctuation => '\u00BB',
        UnicodeCategory.OtherPunctuation => '\u00B7',
        UnicodeCategory.MathSymbol => '\u00D7',
        UnicodeCategory.CurrencySymbol => '\u00A2',
        UnicodeCategory.ModifierSymbol => '\u00A8',
        UnicodeCategory.OtherSymbol => '\u00A9',
        UnicodeCategory.Format => '\u00AD',
        UnicodeCategory.PrivateUse => '\uE000',
        _ => '\u0378',
    };
}
