using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Bif.Engine.Traces;

/// <summary>
/// One array of a Zarr v3 store, of one to three dimensions: float32, or float16, which callers give and get as float32. Chunks
/// all have the full chunk shape, as the regular grid demands; what lies beyond the array's edge is the fill value, NaN.
/// </summary>
internal sealed class ZarrArray
{
    private const int ChecksumBytes = sizeof(uint);
    private readonly string _node;
    private readonly int[] _chunk;

    // Chunks whose checksums were seen to match; windows of them need no further check.
    private readonly ConcurrentDictionary<string, bool> _checked = new(StringComparer.Ordinal);

    private readonly int _width;

    private ZarrArray(string node, int[] shape, int[] chunk, string type)
    {
        _node = node;
        _width = type == "float16" ? 2 : sizeof(float);
        Shape = shape;
        _chunk = chunk;
    }

    /// <summary>Lengths of the dimensions.</summary>
    public int[] Shape { get; }

    /// <summary>Elements of a chunk.</summary>
    public int ChunkElements => _chunk.Aggregate(1, (product, length) => checked(product * length));

    private long ChunkBytes => ((long)ChunkElements * _width) + ChecksumBytes;

    /// <summary>Writes the metadata of a new array, or new metadata of an old one.</summary>
    public static ZarrArray Create(string node, int[] shape, int[] chunk, IReadOnlyList<string> dimensions, string type = "float32")
    {
        ZarrMetadata.Write(node, ZarrMetadata.Array(shape, chunk, dimensions, type));
        return new(node, shape, chunk, type);
    }

    /// <summary>Opens an array.</summary>
    /// <exception cref="InputException">Its metadata is missing or foreign.</exception>
    public static ZarrArray Open(string node, IReadOnlyList<string> dimensions, string type = "float32")
    {
        var (shape, chunk) = ZarrMetadata.ReadArray(node, dimensions, type);
        return new(node, shape, chunk, type);
    }

    /// <summary>Whether a chunk is there at its full length.</summary>
    public bool HasChunk(params ReadOnlySpan<int> index)
    {
        var file = new FileInfo(ChunkPath(index));
        return file.Exists && file.Length == ChunkBytes;
    }

    /// <summary>Writes a chunk of the full chunk shape.</summary>
    public void WriteChunk(ReadOnlySpan<float> values, params ReadOnlySpan<int> index)
    {
        var path = ChunkPath(index);
        var bytes = _width == sizeof(float) ? MemoryMarshal.AsBytes(values) : Narrowed(values);
        Span<byte> checksum = stackalloc byte[ChecksumBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(checksum, Crc32C.Compute(bytes));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        WholeFile.Write(path, bytes, checksum);
    }

    /// <summary>Reads a whole chunk and checks its checksum. Returns false, with NaN everywhere, if it is missing or cut off.</summary>
    /// <param name="values">Receives <see cref="ChunkElements"/> numbers.</param>
    /// <param name="index">The chunk.</param>
    /// <exception cref="InputException">The content does not match its checksum.</exception>
    public bool ReadChunk(Span<float> values, params ReadOnlySpan<int> index)
    {
        if (!HasChunk(index))
        {
            values.Fill(float.NaN);
            return false;
        }

        var path = ChunkPath(index);
        var bytes = _width == sizeof(float) ? MemoryMarshal.AsBytes(values) : MemoryMarshal.AsBytes(new Half[ChunkElements].AsSpan());
        Span<byte> checksum = stackalloc byte[ChecksumBytes];
        using (var file = File.OpenHandle(path))
        {
            Fill(file, bytes, 0, path);
            Fill(file, checksum, bytes.Length, path);
        }

        if (Crc32C.Compute(bytes) != BinaryPrimitives.ReadUInt32LittleEndian(checksum))
        {
            throw new InputException($"{path} is damaged (its checksum does not match): delete it and run again with --resume.");
        }

        if (_width != sizeof(float))
        {
            TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes), values);
        }

        return true;
    }

    /// <summary>
    /// Reads rows × columns of the last two dimensions of a chunk without the rest, which is read once to check its
    /// checksum. Returns false if the chunk is missing or cut off.
    /// </summary>
    /// <exception cref="InputException">The content does not match its checksum.</exception>
    public bool ReadWindow(int row, int rows, int column, Span<float> values, int stride, int columns, params ReadOnlySpan<int> index)
    {
        if (!HasChunk(index))
        {
            return false;
        }

        var path = ChunkPath(index);
        if (!_checked.ContainsKey(path))
        {
            var whole = ArrayPool<float>.Shared.Rent(ChunkElements);
            ReadChunk(whole.AsSpan(0, ChunkElements), index);
            ArrayPool<float>.Shared.Return(whole);
            _checked[path] = true;
        }

        using var file = File.OpenHandle(path);
        var narrow = _width == sizeof(float) ? [] : new Half[columns];
        for (var i = 0; i < rows; i++)
        {
            var offset = (((long)(row + i) * _chunk[^1]) + column) * _width;
            var target = values.Slice(i * stride, columns);
            Fill(file, narrow.Length == 0 ? MemoryMarshal.AsBytes(target) : MemoryMarshal.AsBytes(narrow.AsSpan()), offset, path);
            if (narrow.Length > 0)
            {
                TensorPrimitives.ConvertToSingle(narrow, target);
            }
        }

        return true;
    }

    private static ReadOnlySpan<byte> Narrowed(ReadOnlySpan<float> values)
    {
        var narrow = new Half[values.Length];
        TensorPrimitives.ConvertToHalf(values, narrow);
        return MemoryMarshal.AsBytes(narrow.AsSpan());
    }

    private string ChunkPath(ReadOnlySpan<int> index)
    {
        var path = Path.Combine(_node, "c");
        foreach (var coordinate in index)
        {
            path = Path.Combine(path, coordinate.ToString());
        }

        return path;
    }

    private static void Fill(Microsoft.Win32.SafeHandles.SafeFileHandle file, Span<byte> bytes, long offset, string path)
    {
        while (!bytes.IsEmpty)
        {
            var read = RandomAccess.Read(file, bytes, offset);
            if (read == 0)
            {
                throw new InputException($"{path} became shorter while it was read: try again when nothing writes to it.");
            }

            bytes = bytes[read..];
            offset += read;
        }
    }
}
