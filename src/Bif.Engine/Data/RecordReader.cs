namespace Bif.Engine.Data;

/// <summary>Items at equal distances in memory.</summary>
internal sealed class RecordReader(
    RawMemory memory, ElementType elementType, long[] itemShape, int count, long firstOffset, long stride) : IItemReader
{
    private readonly int _itemBytes = ItemBytes(elementType, itemShape);

    /// <inheritdoc/>
    public int Count => count;

    /// <inheritdoc/>
    public ElementType ElementType => elementType;

    /// <inheritdoc/>
    public long[] ItemShape => itemShape;

    /// <summary>Bytes of one item.</summary>
    public static int ItemBytes(ElementType type, long[] shape)
        => checked((int)(shape.Aggregate(1L, (product, size) => product * size) * (type == ElementType.UInt8 ? 1 : 4)));

    /// <inheritdoc/>
    public void Read(int index, Span<byte> destination)
        => memory.Span(firstOffset + (index * stride), _itemBytes).CopyTo(destination);

    /// <inheritdoc/>
    public void Dispose() => memory.Dispose();
}
