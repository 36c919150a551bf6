namespace Bif.Engine.Tokenizers.PreTokenizers;

/// <summary>Several, each cutting what the one before left.</summary>
internal sealed class PreTokenizerSequence(IReadOnlyList<IPreTokenizer> steps) : IPreTokenizer
{
    /// <inheritdoc/>
    public IEnumerable<Piece> Split(Piece piece)
        => steps.Aggregate((IEnumerable<Piece>)[piece], static (pieces, step) => pieces.SelectMany(step.Split));
}
