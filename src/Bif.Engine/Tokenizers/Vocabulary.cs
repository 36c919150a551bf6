namespace Bif.Engine.Tokenizers;

/// <summary>A BPE model's tokens and merges.</summary>
/// <param name="Ids">Token → id.</param>
/// <param name="Merges">Pairs of ids, packed as left·2³² + right → rank and the merged id.</param>
/// <param name="ByteLevel">Whether words are spelt in bytes (GPT-2) rather than characters.</param>
/// <param name="ByteFallback">Whether characters without a token are spelt as <c>&lt;0xNN&gt;</c>.</param>
/// <param name="Unknown">The id of what cannot be spelt, or null where it is dropped.</param>
/// <param name="FusesUnknown">Whether neighbouring unknown characters become one token.</param>
/// <param name="IgnoresMerges">Whether a word that is a token is taken whole.</param>
internal sealed record Vocabulary(
    IReadOnlyDictionary<string, int> Ids,
    IReadOnlyDictionary<long, (int Rank, int Id)> Merges,
    bool ByteLevel,
    bool ByteFallback,
    int? Unknown,
    bool FusesUnknown,
    bool IgnoresMerges)
{
    /// <summary>The packed key of a pair.</summary>
    public static long Pair(int left, int right) => ((long)left << 32) | (uint)right;
}
