using System.Text;

namespace Bif.Engine.Tokenizers;

/// <summary>A token that is matched in the text before the model sees it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">What it is written as.</param>
/// <param name="SingleWord">Only where no word character touches it.</param>
/// <param name="StripsLeft">Takes the white space before it.</param>
/// <param name="StripsRight">Takes the white space after it.</param>
/// <param name="Special">Has a role beside text (end of text, padding).</param>
internal sealed record AddedToken(int Id, string Content, bool SingleWord, bool StripsLeft, bool StripsRight, bool Special);

/// <summary>Cuts a text at added tokens: leftmost match first, the longest of those that begin there.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly Dictionary<char, AddedToken[]> _byFirst;
    private readonly System.Buffers.SearchValues<char> _first;

    public AddedTokenMatcher(IEnumerable<AddedToken> tokens)
    {
        _byFirst = tokens.Where(token => token.Content.Length > 0).GroupBy(token => token.Content[0])
            .ToDictionary(group => group.Key, group => group.OrderByDescending(token => token.Content.Length).ToArray());
        _first = System.Buffers.SearchValues.Create([.. _byFirst.Keys]);
    }

    /// <summary>The pieces between added tokens (no id) and the added tokens.</summary>
    public IEnumerable<(Piece Piece, int? Id)> Split(Piece piece)
    {
        var taken = 0;
        var at = 0;
        while (at < piece.Length && piece.Span[at..].IndexOfAny(_first) is >= 0 and var skip)
        {
            at += skip;
            if (Match(piece.Span, at) is not { } token)
            {
                at++;
                continue;
            }

            var (start, end) = (at, at + token.Content.Length);
            at = end;
            if (token.SingleWord && (EndsWithWord(piece.Span[..start]) || StartsWithWord(piece.Span[end..])))
            {
                continue;
            }

            while (token.StripsLeft && start > taken && char.IsWhiteSpace(piece.Span[start - 1]))
            {
                start--;
            }

            while (token.StripsRight && end < piece.Length && char.IsWhiteSpace(piece.Span[end]))
            {
                end++;
            }

            if (start > taken)
            {
                yield return (piece.Slice(taken, start - taken), null);
            }

            yield return (piece.Slice(start, end - start), token.Id);
            taken = end;
            at = Math.Max(at, end);
        }

        if (taken < piece.Length)
        {
            yield return (piece.Slice(taken, piece.Length - taken), null);
        }
    }

    private AddedToken? Match(ReadOnlySpan<char> text, int at)
    {
        foreach (var token in _byFirst[text[at]])
        {
            if (text[at..].StartsWith(token.Content, StringComparison.Ordinal))
            {
                return token;
            }
        }

        return null;
    }

    private static bool EndsWithWord(ReadOnlySpan<char> text)
        => Rune.DecodeLastFromUtf16(text, out var rune, out _) == System.Buffers.OperationStatus.Done && IsWord(rune);

    private static bool StartsWithWord(ReadOnlySpan<char> text)
        => Rune.DecodeFromUtf16(text, out var rune, out _) == System.Buffers.OperationStatus.Done && IsWord(rune);

    private static bool IsWord(Rune rune) => Rune.IsLetterOrDigit(rune) || rune.Value == '_'
        || Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.NonSpacingMark or System.Globalization.UnicodeCategory.SpacingCombiningMark;
}
