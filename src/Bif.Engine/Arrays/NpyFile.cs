using System.Runtime.InteropServices;

namespace Bif.Engine.Arrays;

/// <summary>NumPy's .npy files, little-endian and row-major, of float16, float32, float64, int32, int64 or bool.</summary>
public static class NpyFile
{
    /// <summary>Writes an array whole: a reader sees the old file or the new one, never half of it.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="shape">Lengths of the dimensions; their product is the number of values.</param>
    /// <param name="values">All elements, row-major.</param>
    public static void Write<T>(string path, IReadOnlyList<long> shape, ReadOnlySpan<T> values) where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, shape.Aggregate(1L, (product, length) => product * length), nameof(values));
        using (var stream = new FileStream(path + ".part", FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            stream.Write(NpyHeader.Encode<T>(shape));
            stream.Write(MemoryMarshal.AsBytes(values));
        }

        File.Move(path + ".part", path, overwrite: true);
    }

    /// <summary>Reads a whole array.</summary>
    /// <exception cref="InputException">The file is missing, damaged, or of another element type.</exception>
    public static NpyArray<T> Read<T>(string path) where T : unmanaged
    {
        using var stream = Open(path);
        var shape = NpyHeader.Decode<T>(stream, path);
        var elements = shape.Aggregate(1L, (product, length) => product * length);
        if (elements > Array.MaxLength)
        {
            throw new InputException($"{path} has {elements} elements, too many to read at once: read it row by row.");
        }

        var values = new T[elements];
        ReadBytes(stream, values, path);
        return new(shape, values);
    }

    /// <summary>Reads row <paramref name="row"/> of a matrix [row, column] without the rest.</summary>
    /// <exception cref="InputException">The file is missing, damaged, of another element type, no matrix, or has no such row.</exception>
    public static unsafe T[] ReadRow<T>(string path, long row) where T : unmanaged
    {
        using var stream = Open(path);
        var shape = NpyHeader.Decode<T>(stream, path);
        if (shape.Length != 2 || row < 0 || row >= shape[0])
        {
            throw new InputException($"{path} has the shape ({string.Join(", ", shape)}) and no row {row}.");
        }

        var values = new T[shape[1]];
        stream.Seek(row * shape[1] * sizeof(T), SeekOrigin.Current);
        ReadBytes(stream, values, path);
        return values;
    }

    /// <summary>The shape that a file states, after checking type and length.</summary>
    /// <exception cref="InputException">The file is missing, damaged, or of another element type.</exception>
    public static long[] ReadShape<T>(string path) where T : unmanaged
    {
        using var stream = Open(path);
        return NpyHeader.Decode<T>(stream, path);
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path} cannot be read: {error.Message}", error);
        }
    }

    private static void ReadBytes<T>(FileStream stream, T[] values, string path) where T : unmanaged
    {
        // A file may be cut off between the check of its length and here.
        var bytes = MemoryMarshal.AsBytes(values.AsSpan());
        if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
        {
            throw new InputException($"{path} became shorter while it was read: try again when nothing writes to it.");
        }
    }
}
