namespace Bif.Engine.Tokenizers.Normalizers;

/// <summary>Rewrites a piece of text before it is cut into words.</summary>
internal interface INormalizer
{
    /// <summary>The rewritten piece; the given one where nothing changes.</summary>
    Piece Apply(Piece piece);
}
