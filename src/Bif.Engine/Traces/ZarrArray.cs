using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bif.Engine.Traces;

/// <summary>
/// A float32 array of the Zarr v3 specification on the file system: regular chunk grid, default chunk keys, codecs bytes
/// (little-endian) and crc32c, fill value NaN. Chunks are written to a .part file and renamed, so that a reader never
/// sees half of one. Chunks at the edge have full size, padded with the fill value.
/// </summary>
internal sealed class ZarrArray(string directory, long[] shape, long[] chunk)
{
    /// <summary>Sizes of the dimensions.</summary>
    public long[] Shape => shape;

    /// <summary>Sizes of a chunk.</summary>
    public long[] Chunk => chunk;

    private long ChunkElements => chunk.Aggregate(1L, (product, size) => product * size);

    /// <summary>Creates the array's metadata.</summary>
    public static ZarrArray Create(string directory, long[] shape, long[] chunk, string[] dimensions, string description)
    {
        Directory.CreateDirectory(directory);
        var metadata = new JsonObject
        {
            ["zarr_format"] = 3,
            ["node_type"] = "array",
            ["shape"] = Numbers(shape),
            ["data_type"] = "float32",
            ["chunk_grid"] = new JsonObject { ["name"] = "regular", ["configuration"] = new JsonObject { ["chunk_shape"] = Numbers(chunk) } },
            ["chunk_key_encoding"] = new JsonObject { ["name"] = "default", ["configuration"] = new JsonObject { ["separator"] = "/" } },
            ["fill_value"] = "NaN",
            ["codecs"] = new JsonArray(
                new JsonObject { ["name"] = "bytes", ["configuration"] = new JsonObject { ["endian"] = "little" } },
                new JsonObject { ["name"] = "crc32c" }),
            ["dimension_names"] = new JsonArray([.. dimensions.Select(name => (JsonNode)name)]),
            ["attributes"] = new JsonObject { ["units"] = "nats", ["description"] = description },
        };
        WriteWhole(Path.Combine(directory, "zarr.json"), metadata.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        return new ZarrArray(directory, shape, chunk);
    }

    /// <summary>Opens an array that <see cref="Create"/> made.</summary>
    /// <exception cref="InputException">Its metadata is missing or of another kind.</exception>
    public static ZarrArray Open(string directory)
    {
        var file = Path.Combine(directory, "zarr.json");
        try
        {
            var metadata = JsonNode.Parse(File.ReadAllText(file))!;
            var codecs = metadata["codecs"]!.AsArray().Select(codec => (string)codec!["name"]!);
            return (string)metadata["data_type"]! == "float32" && codecs.SequenceEqual(["bytes", "crc32c"])
                ? new ZarrArray(
                    directory,
                    [.. metadata["shape"]!.AsArray().Select(size => (long)size!)],
                    [.. metadata["chunk_grid"]!["configuration"]!["chunk_shape"]!.AsArray().Select(size => (long)size!)])
                : throw new InputException($"{file} describes an array of another kind than this program writes.");
        }
        catch (Exception error) when (error is IOException or JsonException or NullReferenceException or InvalidOperationException)
        {
            throw new InputException($"{file} is missing or damaged: the traces cannot be read.", error);
        }
    }

    /// <summary>Whether a chunk is there with its right size.</summary>
    public bool Has(params ReadOnlySpan<long> index)
    {
        var file = new FileInfo(Key(index));
        return file.Exists && file.Length == (ChunkElements * 4) + 4;
    }

    /// <summary>Writes one chunk from a row-major array of rows; what the rows leave open is NaN.</summary>
    /// <param name="values">rows × columns values.</param>
    /// <param name="rows">Rows given, at most the chunk's last-but-one size.</param>
    /// <param name="stride">Values from one row to the next.</param>
    /// <param name="columns">Values per row, at most the chunk's last size.</param>
    /// <param name="index">The chunk's place in the grid.</param>
    public void WriteChunk(ReadOnlySpan<float> values, int rows, int stride, int columns, params ReadOnlySpan<long> index)
    {
        var buffer = new float[ChunkElements];
        buffer.AsSpan().Fill(float.NaN);
        for (var row = 0; row < rows; row++)
        {
            values.Slice(row * stride, columns).CopyTo(buffer.AsSpan(row * (int)chunk[^1]));
        }

        var file = Key(index);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var bytes = MemoryMarshal.AsBytes<float>(buffer);
        using (var stream = new FileStream(file + ".part", FileMode.Create, FileAccess.Write, FileShare.None, 1))
        {
            stream.Write(bytes);
            stream.Write(BitConverter.GetBytes(Crc32C(bytes)));
            stream.Flush(flushToDisk: true);
        }

        File.Move(file + ".part", file, overwrite: true);
    }

    /// <summary>Reads a whole chunk.</summary>
    /// <exception cref="InputException">It is missing or damaged.</exception>
    public void ReadChunk(Span<float> destination, params ReadOnlySpan<long> index)
    {
        var file = Key(index);
        try
        {
            using var handle = File.OpenHandle(file);
            var bytes = MemoryMarshal.AsBytes(destination);
            Span<byte> checksum = stackalloc byte[4];
            if (RandomAccess.Read(handle, bytes, 0) == bytes.Length && RandomAccess.Read(handle, checksum, bytes.Length) == 4
                && BitConverter.ToUInt32(checksum) == Crc32C(bytes))
            {
                return;
            }
        }
        catch (IOException error)
        {
            throw new InputException($"{file} cannot be read ({error.Message}).", error);
        }

        throw new InputException($"{file} is truncated or damaged: delete it and continue the run with --resume.");
    }

    /// <summary>CRC-32C (Castagnoli), as Zarr's codec of that name stores it.</summary>
    internal static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
        {
            crc = BitOperations.Crc32C(crc, word);
        }

        foreach (var single in bytes[(words.Length * 8)..])
        {
            crc = BitOperations.Crc32C(crc, single);
        }

        return ~crc;
    }

    /// <summary>Writes a text file through a .part file.</summary>
    internal static void WriteWhole(string file, string text)
    {
        File.WriteAllText(file + ".part", text);
        File.Move(file + ".part", file, overwrite: true);
    }

    private string Key(ReadOnlySpan<long> index)
    {
        var key = Path.Combine(directory, "c");
        foreach (var part in index)
        {
            key = Path.Combine(key, part.ToString());
        }

        return key;
    }

    private static JsonArray Numbers(long[] values) => new([.. values.Select(value => (JsonNode)value)]);
}
