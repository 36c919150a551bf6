using System.Text.RegularExpressions;
using Bif.Engine.Attribution;

namespace Bif.Engine.Runs;

/// <summary>What text is looked at by.</summary>
public enum TextLevel
{
    /// <summary>Single tokens.</summary>
    Token,

    /// <summary>Words, numbers and single signs, each with the white space before it.</summary>
    Word,

    /// <summary>Up to a full stop, question or exclamation mark before white space, or a line's end.</summary>
    Sentence,

    /// <summary>Whole items.</summary>
    Passage,
}

/// <summary>Puts the tokens of items together to words, sentences or passages; each token belongs to exactly one.</summary>
public static partial class TextSpans
{
    /// <summary>The spans of an item in order; together they hold all its tokens.</summary>
    /// <param name="level">How large spans are.</param>
    /// <param name="tokens">The run's tokens.</param>
    /// <param name="passages">The texts of the same items.</param>
    /// <param name="item">The item.</param>
    public static IReadOnlyList<TokenSpan> Of(TextLevel level, TokenTable tokens, PassageTable passages, int item)
    {
        var (first, count) = tokens.Of(item);
        if (level is TextLevel.Token or TextLevel.Passage)
        {
            return level == TextLevel.Passage
                ? count == 0 ? [] : [new TokenSpan(first, count)]
                : [.. Enumerable.Range(first, count).Select(token => new TokenSpan(token, 1))];
        }

        // A token belongs where its last character does, one without characters to what follows.
        var ends = (level == TextLevel.Word ? Words() : Sentences()).Matches(passages.Passages[item]).Select(match => match.Index + match.Length).ToArray();
        var spans = new List<TokenSpan>();
        var last = -1;
        for (var token = first; token < first + count; token++)
        {
            var place = Math.Max(tokens.Starts[token], tokens.Ends[token] - 1);
            var span = Array.FindIndex(ends, Math.Max(0, last), end => place < end);
            span = span < 0 ? ends.Length : span;
            if (span == last)
            {
                spans[^1] = spans[^1] with { Count = spans[^1].Count + 1 };
            }
            else
            {
                spans.Add(new TokenSpan(token, 1));
                last = span;
            }
        }

        return spans;
    }

    [GeneratedRegex(@"\s*(?:[\p{L}\p{M}\p{N}]+(?:['’\-][\p{L}\p{M}\p{N}]+)*|\S)|\s+")]
    private static partial Regex Words();

    [GeneratedRegex(@"[^\n]*?(?:[.!?…]+[""'”’)\]]*(?=\s|$)\n*|\n+|$)")]
    private static partial Regex Sentences();
}
