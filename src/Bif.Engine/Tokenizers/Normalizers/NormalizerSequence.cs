namespace Bif.Engine.Tokenizers.Normalizers;

/// <summary>Several, one after the other.</summary>
internal sealed class NormalizerSequence(IReadOnlyList<INormalizer> steps) : INormalizer
{
    /// <inheritdoc/>
    public Piece Apply(Piece piece) => steps.Aggregate(piece, static (text, step) => step.Apply(text));
}
