namespace Bif.Engine.Data;

/// <summary>Several readers of equal items, one after the other.</summary>
internal sealed class JoinedReader(IReadOnlyList<IItemReader> parts) : IItemReader
{
    private readonly int[] _ends = [.. parts.Select((_, index) => parts.Take(index + 1).Sum(part => part.Count))];

    /// <inheritdoc/>
    public int Count => _ends[^1];

    /// <inheritdoc/>
    public ElementType ElementType => parts[0].ElementType;

    /// <inheritdoc/>
    public long[] ItemShape => parts[0].ItemShape;

    /// <inheritdoc/>
    public void Read(int index, Span<byte> destination)
    {
        var part = Array.FindIndex(_ends, end => index < end);
        parts[part].Read(index - (part == 0 ? 0 : _ends[part - 1]), destination);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var part in parts)
        {
            part.Dispose();
        }
    }
}

/// <summary>A range of another reader's items.</summary>
internal sealed class SlicedReader(IItemReader inner, int start, int count) : IItemReader
{
    /// <inheritdoc/>
    public int Count => count;

    /// <inheritdoc/>
    public ElementType ElementType => inner.ElementType;

    /// <inheritdoc/>
    public long[] ItemShape => inner.ItemShape;

    /// <inheritdoc/>
    public void Read(int index, Span<byte> destination) => inner.Read(start + index, destination);

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();
}
