namespace Bif.Engine.Tokenizers.PreTokenizers;

/// <summary>Cuts a piece into the words within which a model merges.</summary>
internal interface IPreTokenizer
{
    /// <summary>The words in order.</summary>
    IEnumerable<Piece> Split(Piece piece);
}
