namespace Bif.Engine.Tokenizers;

/// <summary>
/// A text as tokens. Token t is the text from <c>Starts[t]</c> to <c>Ends[t]</c> (UTF-16 units of the text, end exclusive).
/// The ranges cover the text in order, white space included. Tokens that hold parts of one character share its range;
/// tokens that a template adds, and what a normalizer puts in, have an empty range.
/// </summary>
/// <param name="Ids">Token ids.</param>
/// <param name="Starts">Where each token begins in the text.</param>
/// <param name="Ends">Where each token ends in the text.</param>
public sealed record EncodedText(int[] Ids, int[] Starts, int[] Ends)
{
    /// <summary>Number of tokens.</summary>
    public int Count => Ids.Length;
}
