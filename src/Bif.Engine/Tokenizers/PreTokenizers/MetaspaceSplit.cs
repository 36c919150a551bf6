using Bif.Engine.Tokenizers.Normalizers;

namespace Bif.Engine.Tokenizers.PreTokenizers;

/// <summary>SentencePiece's words: spaces become a visible sign, which begins a word.</summary>
/// <param name="sign">The sign, usually U+2581.</param>
/// <param name="prepends">always, first (only at the text's beginning) or never.</param>
/// <param name="cuts">Whether the text is cut at the signs.</param>
internal sealed class MetaspaceSplit(string sign, string prepends, bool cuts) : IPreTokenizer
{
    private readonly ReplaceNormalizer _spaces = new(new UnicodePattern(" ", "Metaspace"), sign);

    /// <inheritdoc/>
    public IEnumerable<Piece> Split(Piece piece)
    {
        var text = _spaces.Apply(piece);
        var first = prepends == "always" || (prepends == "first" && piece.Original(0, 0).Start == 0);
        text = first && text.Length > 0 && !text.Span.StartsWith(sign, StringComparison.Ordinal) ? text.Prepend(sign) : text;
        var start = 0;
        for (var at = 1; cuts && at < text.Length; at++)
        {
            if (text.Span[at..].StartsWith(sign, StringComparison.Ordinal))
            {
                yield return text.Slice(start, at - start);
                start = at;
            }
        }

        if (start < text.Length)
        {
            yield return text.Slice(start, text.Length - start);
        }
    }
}
