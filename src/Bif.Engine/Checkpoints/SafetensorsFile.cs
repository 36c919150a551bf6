using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Bif.Engine.Data;
using static TorchSharp.torch;

namespace Bif.Engine.Checkpoints;

/// <summary>
/// A safetensors file, memory-mapped: 8 bytes of header length, a JSON header, raw little-endian data. The header is not
/// believed: lengths, types, shapes and offsets are checked against the file before anything is read.
/// </summary>
public sealed class SafetensorsFile : ITensorSource
{
    private const long MaxHeader = 100_000_000;
    private readonly RawMemory _memory;
    private readonly string _file;
    private readonly Dictionary<string, Entry> _entries;
    private readonly long _dataStart;

    private SafetensorsFile(RawMemory memory, string file, Dictionary<string, Entry> entries, long dataStart)
    {
        _memory = memory;
        _file = file;
        _entries = entries;
        _dataStart = dataStart;
    }

    private sealed record Entry(string Type, long[] Shape, long Begin, long End);

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Names => _entries.Keys;

    /// <summary>Opens and checks a file.</summary>
    /// <exception cref="InputException">It is missing, truncated, or its header lies.</exception>
    public static SafetensorsFile Open(string file)
    {
        var memory = RawMemory.Open(file);
        try
        {
            var headerLength = memory.Length >= 8 ? BinaryPrimitives.ReadInt64LittleEndian(memory.Span(0, 8)) : -1;
            if (headerLength is < 2 or > MaxHeader || headerLength > memory.Length - 8)
            {
                throw Bad(file, "its header length does not fit the file, so it is truncated or of another format");
            }

            var entries = Parse(file, memory.Span(8, (int)headerLength), memory.Length - 8 - headerLength);
            return new SafetensorsFile(memory, file, entries, 8 + headerLength);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public long[] Shape(string name) => _entries[name].Shape;

    /// <inheritdoc/>
    public bool IsFloatingPoint(string name) => _entries[name].Type is "F64" or "F32" or "F16" or "BF16";

    /// <summary>A tensor in the host's memory, float32, without a copy between; it belongs to the caller's scope.</summary>
    public Tensor Read(string name)
    {
        var values = empty(Shape(name));
        ReadFloat32(name, MemoryMarshal.Cast<byte, float>(values.bytes));
        return values;
    }

    /// <inheritdoc/>
    public void ReadFloat32(string name, Span<float> destination)
    {
        var entry = _entries[name];
        var size = SizeOf(entry.Type);
        var bytes = _memory.Span(_dataStart + entry.Begin, checked((int)(entry.End - entry.Begin)));
        if (entry.Type == "F32")
        {
            MemoryMarshal.Cast<byte, float>(bytes).CopyTo(destination);
            return;
        }

        for (var index = 0; index < destination.Length; index++)
        {
            destination[index] = Value(entry.Type, bytes.Slice(index * size, size));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    /// <summary>Writes float32 tensors whole: a reader sees the old file or the new one.</summary>
    public static void Write(
        string file, IEnumerable<(string Name, long[] Shape, ReadOnlyMemory<float> Values)> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var list = tensors.ToList();
        using var header = new MemoryStream();
        using (var json = new Utf8JsonWriter(header))
        {
            json.WriteStartObject();
            if (metadata is not null)
            {
                json.WritePropertyName("__metadata__");
                JsonSerializer.Serialize(json, metadata);
            }

            long offset = 0;
            foreach (var (name, shape, values) in list)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", "F32");
                json.WriteStartArray("shape");
                Array.ForEach(shape, json.WriteNumberValue);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += 4L * values.Length);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        using (var stream = new FileStream(file + ".part", FileMode.Create, FileAccess.Write))
        {
            // The data starts at a multiple of 8 bytes; spaces after the JSON are allowed.
            var padding = (8 - (int)(header.Length % 8)) % 8;
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, header.Length + padding);
            stream.Write(length);
            stream.Write(header.GetBuffer().AsSpan(0, (int)header.Length));
            stream.Write("       "u8[..padding]);
            foreach (var (_, _, values) in list)
            {
                stream.Write(MemoryMarshal.AsBytes(values.Span));
            }

            stream.Flush(flushToDisk: true);
        }

        File.Move(file + ".part", file, overwrite: true);
    }

    /// <summary>The header's <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata()
    {
        using var document = JsonDocument.Parse(_memory.Span(8, (int)(_dataStart - 8)).ToArray());
        return document.RootElement.TryGetProperty("__metadata__", out var metadata)
            ? metadata.EnumerateObject().ToDictionary(pair => pair.Name, pair => pair.Value.ToString())
            : new Dictionary<string, string>();
    }

    private static Dictionary<string, Entry> Parse(string file, ReadOnlySpan<byte> header, long dataLength)
    {
        var entries = new Dictionary<string, Entry>(StringComparer.Ordinal);
        try
        {
            using var document = JsonDocument.Parse(Encoding.UTF8.GetString(header));
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (property.Name == "__metadata__")
                {
                    continue;
                }

                var type = property.Value.GetProperty("dtype").GetString()!;
                var shape = property.Value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()).ToArray();
                var offsets = property.Value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt64()).ToArray();
                if (SizeOf(type) == 0)
                {
                    throw Bad(file, $"the tensor \"{property.Name}\" has the unknown type {type}");
                }

                var bytes = SizeOf(type);
                var elements = 1.0;
                foreach (var size in shape)
                {
                    elements *= size < 0 ? double.NaN : size;
                }

                if (offsets.Length != 2 || offsets[0] < 0 || offsets[1] < offsets[0] || offsets[1] > dataLength
                    || elements * bytes != offsets[1] - offsets[0])
                {
                    throw Bad(file, $"the header's shape and offsets of the tensor \"{property.Name}\" do not fit the file");
                }

                if (!entries.TryAdd(property.Name, new Entry(type, shape, offsets[0], offsets[1])))
                {
                    throw Bad(file, $"the tensor \"{property.Name}\" appears twice");
                }
            }
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw Bad(file, "its header is not what safetensors writes");
        }

        long end = 0;
        foreach (var (name, entry) in entries.OrderBy(pair => pair.Value.Begin).ThenBy(pair => pair.Value.End))
        {
            if (entry.Begin != end)
            {
                throw Bad(file, $"the data of the tensor \"{name}\" overlaps another's or leaves a gap");
            }

            end = entry.End;
        }

        return end == dataLength ? entries : throw Bad(file, $"its header describes {end:N0} bytes of data, but {dataLength:N0} are there");
    }

    private static InputException Bad(string file, string reason) => new($"{file} is not a usable safetensors file: {reason}; fetch or save it again.");

    private static int SizeOf(string type) => type switch
    {
        "F64" or "I64" or "U64" => 8,
        "F32" or "I32" or "U32" => 4,
        "F16" or "BF16" or "I16" or "U16" => 2,
        "I8" or "U8" or "BOOL" => 1,
        _ => 0,
    };

    private static float Value(string type, ReadOnlySpan<byte> bytes) => type switch
    {
        "F64" => (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        "F16" => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes),
        "BF16" => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes) << 16),
        "I64" => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        "U64" => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        "I32" => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        "U32" => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        "I16" => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        "U16" => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        "I8" => (sbyte)bytes[0],
        _ => bytes[0],
    };
}
