using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Bif.Engine.Arrays;

/// <summary>NumPy's .npy files (format 1.0), little-endian and row-major.</summary>
public static partial class NpyFile
{
    /// <summary>Writes an array whole: a reader sees the old file or the new one.</summary>
    public static void Write<T>(string file, long[] shape, ReadOnlySpan<T> values) where T : unmanaged
    {
        using (var stream = Create<T>(file + ".part", shape))
        {
            var bytes = MemoryMarshal.AsBytes(values);
            stream.Write(bytes);
            stream.Flush(flushToDisk: true);
        }

        File.Move(file + ".part", file, overwrite: true);
    }

    /// <summary>Creates a file with its header; the caller writes the values in row-major order.</summary>
    public static FileStream Create<T>(string file, long[] shape) where T : unmanaged
    {
        var type = typeof(T) == typeof(float) ? "<f4" : typeof(T) == typeof(double) ? "<f8" : typeof(T) == typeof(long) ? "<i8"
            : typeof(T) == typeof(int) ? "<i4" : throw new NotSupportedException(typeof(T).Name);
        var dimensions = shape.Length == 1 ? $"{shape[0]}," : string.Join(", ", shape);
        var header = $"{{'descr': '{type}', 'fortran_order': False, 'shape': ({dimensions}), }}";
        var padded = header.PadRight(((10 + header.Length + 1 + 63) / 64 * 64) - 11) + "\n";
        var stream = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 16);
        stream.Write([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, (byte)padded.Length, (byte)(padded.Length >> 8)]);
        stream.Write(Encoding.ASCII.GetBytes(padded));
        return stream;
    }

    /// <summary>Reads a float32 array.</summary>
    /// <exception cref="InputException">The file is missing, damaged or of another type.</exception>
    public static (long[] Shape, float[] Values) ReadFloat32(string file)
    {
        if (!File.Exists(file))
        {
            throw new InputException($"There is no {file}.");
        }

        var bytes = File.ReadAllBytes(file);
        var headerLength = bytes.Length > 10 ? BitConverter.ToUInt16(bytes, 8) : 0;
        var header = bytes.Length >= 10 + headerLength ? Encoding.ASCII.GetString(bytes, 10, headerLength) : "";
        var shape = ShapePattern().Match(header) is { Success: true } match
            ? match.Groups[1].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(long.Parse).ToArray()
            : null;
        var count = shape?.Aggregate(1L, (product, size) => product * size) ?? 0;
        return shape is not null && header.Contains("'<f4'", StringComparison.Ordinal) && bytes.Length == 10 + headerLength + (4 * count)
            ? (shape, MemoryMarshal.Cast<byte, float>(bytes.AsSpan(10 + headerLength)).ToArray())
            : throw new InputException($"{file} is no whole float32 .npy array: export or compute it again.");
    }

    [GeneratedRegex(@"'shape':\s*\(([^)]*)\)")]
    private static partial Regex ShapePattern();
}
