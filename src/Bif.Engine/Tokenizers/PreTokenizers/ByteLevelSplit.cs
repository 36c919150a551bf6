namespace Bif.Engine.Tokenizers.PreTokenizers;

/// <summary>GPT-2's words: contractions, letters, digits and other signs, each with the space before it; runs of space.</summary>
/// <param name="addsSpace">Whether a space is put before text that does not begin with one.</param>
/// <param name="cuts">Whether the text is cut into words at all.</param>
internal sealed class ByteLevelSplit(bool addsSpace, bool cuts) : IPreTokenizer
{
    private static readonly PatternSplit Words = new(new UnicodePattern(
        @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", "GPT-2's pattern"));

    /// <inheritdoc/>
    public IEnumerable<Piece> Split(Piece piece)
    {
        var text = addsSpace && piece.Length > 0 && piece.Span[0] != ' ' ? piece.Prepend(" ") : piece;
        return cuts ? Words.Split(text) : [text];
    }
}
