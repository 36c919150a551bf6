using Bif.Engine.Attribution;
using Bif.Engine.Runs;

namespace Bif.Web.Browsing;

/// <summary>A piece of a passage.</summary>
/// <param name="Unit">Number of the unit, or −1 for text without a loss (the first token of an item, which is context only).</param>
/// <param name="Text">Its characters; empty for a token whose bytes belong to a character that an earlier token shows.</param>
public readonly record struct TextPiece(int Unit, string Text);

/// <summary>Cuts a passage at its units so that every character appears once: the pieces in a row are the passage.</summary>
public static class TextPieces
{
    /// <summary>The pieces of a passage.</summary>
    /// <param name="passage">Its text.</param>
    /// <param name="tokens">The table that the spans point into.</param>
    /// <param name="spans">The passage's units, rising.</param>
    public static IReadOnlyList<TextPiece> Of(string passage, TokenTable tokens, IReadOnlyList<TokenSpan> spans)
    {
        var (pieces, at) = (new List<TextPiece>(spans.Count + 2), 0);
        void Context(int end)
        {
            if (end > at)
            {
                pieces.Add(new(-1, passage[at..end]));
                at = end;
            }
        }

        for (var unit = 0; unit < spans.Count; unit++)
        {
            var (start, end) = RangeOf(tokens, spans[unit]);
            Context(start);
            pieces.Add(new(unit, passage[at..Math.Max(at, end)]));
            at = Math.Max(at, end);
        }

        Context(passage.Length);
        return pieces;
    }

    /// <summary>Where a unit begins and ends in its passage, UTF-16 units.</summary>
    public static (int Start, int End) RangeOf(TokenTable tokens, TokenSpan span)
    {
        var (start, end) = (tokens.Starts[span.First], 0);
        for (var token = span.First; token < span.First + span.Count; token++)
        {
            end = Math.Max(end, tokens.Ends[token]);
        }

        return (start, Math.Max(start, end));
    }
}
