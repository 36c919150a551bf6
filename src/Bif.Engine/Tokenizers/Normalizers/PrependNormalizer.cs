namespace Bif.Engine.Tokenizers.Normalizers;

/// <summary>Puts a text before every piece that is not empty.</summary>
internal sealed class PrependNormalizer(string prefix) : INormalizer
{
    /// <inheritdoc/>
    public Piece Apply(Piece piece) => piece.Length == 0 ? piece : piece.Prepend(prefix);
}
