namespace Bif.Engine.Tokenizers.PreTokenizers;

/// <summary>Cuts at the matches of a pattern, which are words themselves (isolated) or dropped (removed).</summary>
/// <param name="pattern">The pattern.</param>
/// <param name="keepsMatches">Whether matches are words.</param>
/// <param name="keepsOthers">Whether what lies between matches is words.</param>
internal sealed class PatternSplit(UnicodePattern pattern, bool keepsMatches = true, bool keepsOthers = true) : IPreTokenizer
{
    /// <inheritdoc/>
    public IEnumerable<Piece> Split(Piece piece)
    {
        var at = 0;
        foreach (var (start, length) in pattern.Matches(piece.Span))
        {
            if (keepsOthers && start > at)
            {
                yield return piece.Slice(at, start - at);
            }

            if (keepsMatches)
            {
                yield return piece.Slice(start, length);
            }

            at = start + length;
        }

        if (keepsOthers && at < piece.Length)
        {
            yield return piece.Slice(at, piece.Length - at);
        }
    }
}
