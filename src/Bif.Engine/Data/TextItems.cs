namespace Bif.Engine.Data;

/// <summary>
/// Texts as tokens, all items side by side. Item i has the tokens <c>Offsets[i]</c> to <c>Offsets[i + 1]</c>; the first of
/// them is context only, each other one has a loss.
/// </summary>
/// <param name="Ids">Token ids [tokens].</param>
/// <param name="Starts">Where a token begins in its item's passage [tokens], UTF-16 units.</param>
/// <param name="Ends">Where it ends [tokens].</param>
/// <param name="Offsets">The first token of each item, and the number of tokens at the end [items + 1].</param>
/// <param name="Passages">The text of each item.</param>
/// <param name="Documents">The document of each item, from 0.</param>
/// <param name="DocumentStarts">Where each passage begins in its document, UTF-16 units.</param>
/// <param name="VocabularySize">Ids that the tokenizer knows.</param>
public sealed record TextItems(
    int[] Ids, int[] Starts, int[] Ends, int[] Offsets, string[] Passages, int[] Documents, int[] DocumentStarts, int VocabularySize)
{
    /// <summary>Number of items.</summary>
    public int Count => Passages.Length;

    /// <summary>Tokens that have a loss, over all items.</summary>
    public int PredictedCount => Ids.Length - Count;

    /// <summary>Tokens of the longest item.</summary>
    public int Longest => Enumerable.Range(0, Count).Max(Length);

    /// <summary>Tokens of an item, the first included.</summary>
    public int Length(int item) => Offsets[item + 1] - Offsets[item];

    /// <summary>The tokens of an item.</summary>
    public ReadOnlySpan<int> Tokens(int item) => Ids.AsSpan(Offsets[item], Length(item));

    /// <summary>Where the losses of each item's tokens begin when all that have one stand in a row [items + 1].</summary>
    public int[] PredictedOffsets() => [.. Offsets.Select((offset, item) => offset - item)];

    /// <summary>Some items by index.</summary>
    public TextItems Pick(IReadOnlyList<int> items)
    {
        var parts = items.Select(item => Slice(item, 1)).ToList();
        var offsets = new int[items.Count + 1];
        for (var index = 0; index < parts.Count; index++)
        {
            offsets[index + 1] = offsets[index] + parts[index].Ids.Length;
        }

        return new(
            [.. parts.SelectMany(part => part.Ids)], [.. parts.SelectMany(part => part.Starts)], [.. parts.SelectMany(part => part.Ends)], offsets,
            [.. parts.Select(part => part.Passages[0])], [.. parts.Select(part => part.Documents[0])], [.. parts.Select(part => part.DocumentStarts[0])], VocabularySize);
    }

    /// <summary>Some consecutive items.</summary>
    public TextItems Slice(int start, int count)
    {
        var (first, last) = (Offsets[start], Offsets[start + count]);
        return new(
            Ids[first..last], Starts[first..last], Ends[first..last], [.. Offsets[start..(start + count + 1)].Select(offset => offset - first)],
            Passages[start..(start + count)], Documents[start..(start + count)], DocumentStarts[start..(start + count)], VocabularySize);
    }
}

/// <summary>Tokens as items of equal shape: int32 [longest], −1 beyond the end.</summary>
internal sealed class TokenReader(TextItems text) : IItemReader
{
    private readonly int _longest = text.Longest;

    /// <inheritdoc/>
    public int Count => text.Count;

    /// <inheritdoc/>
    public ElementType ElementType => ElementType.Int32;

    /// <inheritdoc/>
    public long[] ItemShape => [_longest];

    /// <inheritdoc/>
    public void Read(int index, Span<byte> destination)
    {
        var tokens = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, int>(destination);
        tokens.Fill(-1);
        text.Tokens(index).CopyTo(tokens);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
