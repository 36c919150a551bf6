namespace Bif.Engine.Data;

/// <summary>The type of an item's elements as stored.</summary>
public enum ElementType
{
    /// <summary>Pixels, 0 to 255.</summary>
    UInt8,

    /// <summary>Numbers, used as they are.</summary>
    Float32,

    /// <summary>Token ids, −1 beyond the end.</summary>
    Int32,
}

/// <summary>Random access to the raw values of items. Safe to call from several threads.</summary>
public interface IItemReader : IDisposable
{
    /// <summary>Number of items.</summary>
    int Count { get; }

    /// <summary>Type of the elements.</summary>
    ElementType ElementType { get; }

    /// <summary>Shape of one item: [channels, height, width], [features] or [tokens].</summary>
    long[] ItemShape { get; }

    /// <summary>Copies item <paramref name="index"/>, row-major and little-endian, into a buffer of exactly its size.</summary>
    void Read(int index, Span<byte> destination);
}
