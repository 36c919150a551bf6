namespace Bif.Engine.Tokenizers.Normalizers;

/// <summary>Replaces every match of a pattern; the replacement stands for what it replaced.</summary>
internal sealed class ReplaceNormalizer(UnicodePattern pattern, string content) : INormalizer
{
    /// <inheritdoc/>
    public Piece Apply(Piece piece)
    {
        var matches = pattern.Matches(piece.Span);
        if (matches.Count == 0)
        {
            return piece;
        }

        var builder = new AlignedText.Builder();
        var at = 0;
        foreach (var (start, length) in matches)
        {
            Keep(builder, piece, at, start);
            builder.Append(content, piece.Original(start, start + length));
            at = start + length;
        }

        Keep(builder, piece, at, piece.Length);
        return builder.Build().Whole;
    }

    private static void Keep(AlignedText.Builder builder, Piece piece, int start, int end)
    {
        for (var unit = start; unit < end; unit++)
        {
            builder.Append(piece.Span.Slice(unit, 1), piece.Original(unit, unit + 1));
        }
    }
}
