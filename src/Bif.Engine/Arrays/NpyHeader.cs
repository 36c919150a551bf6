using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Bif.Engine.Arrays;

/// <summary>
/// The header of NumPy's .npy format (NEP 1): magic, version, and a Python dictionary with element type, order and shape,
/// padded so that the data starts at a multiple of 64 bytes.
/// </summary>
internal static partial class NpyHeader
{
    private const int PrefixBytes = 10;
    private const int LongestHeader = 1 << 16;

    /// <summary>NumPy's name of a little-endian element type; a bool is a byte, 0 or 1.</summary>
    public static string Descriptor<T>() where T : unmanaged
        => typeof(T) == typeof(float) ? "<f4"
            : typeof(T) == typeof(Half) ? "<f2"
            : typeof(T) == typeof(double) ? "<f8"
            : typeof(T) == typeof(int) ? "<i4"
            : typeof(T) == typeof(long) ? "<i8"
            : typeof(T) == typeof(bool) ? "|b1"
            : throw new NotSupportedException($"A .npy file of {typeof(T).Name} is not supported.");

    /// <summary>The bytes before the data.</summary>
    public static byte[] Encode<T>(IReadOnlyList<long> shape) where T : unmanaged
    {
        var dimensions = string.Concat(shape.Select(length => length.ToString(CultureInfo.InvariantCulture) + ", "));
        dimensions = shape.Count == 1 ? dimensions.TrimEnd() : dimensions.TrimEnd(' ', ',');
        var text = $"{{'descr': '{Descriptor<T>()}', 'fortran_order': False, 'shape': ({dimensions}), }}";
        var total = (PrefixBytes + text.Length + 1 + 63) / 64 * 64;
        var header = text.PadRight(total - PrefixBytes - 1) + "\n";
        return
        [
            0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0,
            (byte)header.Length, (byte)(header.Length >> 8), .. Encoding.ASCII.GetBytes(header),
        ];
    }

    /// <summary>Reads and checks the header; leaves the stream at the first element.</summary>
    /// <exception cref="InputException">It is no .npy file of this element type, or its length is not what its shape says.</exception>
    public static long[] Decode<T>(Stream stream, string path) where T : unmanaged
    {
        Span<byte> prefix = stackalloc byte[PrefixBytes];
        if (stream.ReadAtLeast(prefix, PrefixBytes, throwOnEndOfStream: false) < PrefixBytes
            || !prefix[..6].SequenceEqual<byte>([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y']))
        {
            throw new InputException($"{path} is not a .npy file: it does not start with NumPy's magic bytes.");
        }

        var length = prefix[8] | (prefix[9] << 8);
        if (prefix[6] > 1)
        {
            // Versions 2 and 3 have a length of four bytes.
            Span<byte> rest = stackalloc byte[2];
            var read = stream.ReadAtLeast(rest, 2, throwOnEndOfStream: false);
            length = read < 2 || rest[1] != 0 || rest[0] != 0 ? LongestHeader : length;
        }

        var header = new byte[Math.Min(length, LongestHeader)];
        if (length >= LongestHeader || stream.ReadAtLeast(header, length, throwOnEndOfStream: false) < length)
        {
            throw new InputException($"{path} is damaged: its .npy header is cut off; write the file again.");
        }

        var text = Encoding.ASCII.GetString(header);
        var (type, order, shape) = (TypePattern().Match(text), OrderPattern().Match(text), ShapePattern().Match(text));
        if (!type.Success || !order.Success || !shape.Success)
        {
            throw new InputException($"{path} is damaged: its .npy header does not state type, order and shape; write the file again.");
        }

        if (type.Groups[1].Value != Descriptor<T>() || order.Groups[1].Value != "False")
        {
            throw new InputException(
                $"{path} holds {type.Groups[1].Value} (fortran_order {order.Groups[1].Value}) where row-major {Descriptor<T>()} is needed: "
                + "convert it with numpy.ascontiguousarray and astype.");
        }

        return CheckedShape<T>(shape.Groups[1].Value, stream, path);
    }

    private static unsafe long[] CheckedShape<T>(string text, Stream stream, string path) where T : unmanaged
    {
        var shape = new List<long>();
        var elements = (UInt128)1;
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var dimension) || elements > long.MaxValue)
            {
                throw new InputException($"{path} is damaged: its .npy header has the shape ({text}); write the file again.");
            }

            shape.Add(dimension);
            elements *= (UInt128)dimension;
        }

        var present = stream.Length - stream.Position;
        return elements * (UInt128)sizeof(T) == (UInt128)present
            ? [.. shape]
            : throw new InputException(
                $"{path} is damaged: its shape ({text}) needs {elements * (UInt128)sizeof(T)} bytes of data and it has {present}; write the file again.");
    }

    [GeneratedRegex(@"['""]descr['""]\s*:\s*['""]([^'""]+)['""]")]
    private static partial Regex TypePattern();

    [GeneratedRegex(@"['""]fortran_order['""]\s*:\s*(True|False)")]
    private static partial Regex OrderPattern();

    [GeneratedRegex(@"['""]shape['""]\s*:\s*\(([^)]*)\)")]
    private static partial Regex ShapePattern();
}
