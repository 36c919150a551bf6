using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bif.Engine.Traces;

/// <summary>
/// The <c>zarr.json</c> documents of the Zarr v3 core specification (zarr-specs.readthedocs.io, "Array metadata" and
/// "Group metadata"): float32 and float16 arrays on a regular chunk grid, little-endian, each chunk followed by its CRC32C.
/// </summary>
internal static class ZarrMetadata
{
    private const string FileName = "zarr.json";
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>The document of an array.</summary>
    public static JsonObject Array(IEnumerable<int> shape, IEnumerable<int> chunk, IEnumerable<string> dimensions, string type = "float32") => new()
    {
        ["zarr_format"] = 3,
        ["node_type"] = "array",
        ["shape"] = List(shape),
        ["data_type"] = type,
        ["chunk_grid"] = new JsonObject
        {
            ["name"] = "regular",
            ["configuration"] = new JsonObject { ["chunk_shape"] = List(chunk) },
        },
        ["chunk_key_encoding"] = new JsonObject
        {
            ["name"] = "default",
            ["configuration"] = new JsonObject { ["separator"] = "/" },
        },
        ["fill_value"] = "NaN",
        ["codecs"] = new JsonArray(
            new JsonObject { ["name"] = "bytes", ["configuration"] = new JsonObject { ["endian"] = "little" } },
            new JsonObject { ["name"] = "crc32c" }),
        ["attributes"] = new JsonObject { ["units"] = "nats" },
        ["dimension_names"] = new JsonArray([.. dimensions.Select(name => JsonValue.Create(name))]),
    };

    /// <summary>The document of a group.</summary>
    public static JsonObject Group(JsonObject attributes) => new()
    {
        ["zarr_format"] = 3,
        ["node_type"] = "group",
        ["attributes"] = attributes,
    };

    /// <summary>Writes a node's document whole.</summary>
    public static void Write(string node, JsonObject document)
    {
        System.IO.Directory.CreateDirectory(node);
        WholeFile.Write(Path.Combine(node, FileName), System.Text.Encoding.UTF8.GetBytes(document.ToJsonString(Indented) + "\n"), []);
    }

    /// <summary>Whether a node has a document.</summary>
    public static bool Exists(string node) => File.Exists(Path.Combine(node, FileName));

    /// <summary>Reads a node's document and checks that it is of Zarr v3 and of the kind.</summary>
    /// <exception cref="InputException">It is missing, no JSON, or another kind of node.</exception>
    public static JsonObject Read(string node, string kind)
    {
        var path = Path.Combine(node, FileName);
        if (!File.Exists(path))
        {
            throw new InputException($"There is no trace in {node}: {FileName} is missing; give a run that has sampled, or sample again.");
        }

        try
        {
            var document = JsonNode.Parse(File.ReadAllText(path)) as JsonObject;
            return document is not null && Is(document["zarr_format"], 3) && Is(document["node_type"], kind)
                ? document
                : throw new InputException($"{path} does not describe a Zarr v3 {kind}: this trace was not written by bif.");
        }
        catch (JsonException error)
        {
            throw new InputException($"{path} is not valid JSON ({error.Message}): the trace cannot be read; sample again.", error);
        }
    }

    /// <summary>Reads the shape and chunk shape of an array and checks everything else to be as <see cref="Array"/> writes it.</summary>
    /// <exception cref="InputException">The array is encoded otherwise, and reading it would give wrong numbers.</exception>
    public static (int[] Shape, int[] Chunk) ReadArray(string node, IReadOnlyList<string> dimensions, string type = "float32")
    {
        var document = Read(node, "array");
        try
        {
            var shape = Lengths(document["shape"]);
            var chunk = Lengths(document["chunk_grid"]?["configuration"]?["chunk_shape"]);
            var expected = Array(shape, chunk, dimensions, type);
            foreach (var (key, value) in expected)
            {
                if (key != "attributes" && !JsonNode.DeepEquals(document[key], value))
                {
                    throw new InputException(
                        $"{Path.Combine(node, FileName)} has {key} = {document[key]?.ToJsonString() ?? "nothing"} where bif writes "
                        + $"{value!.ToJsonString()}: this trace was not written by bif or was changed; sample again.");
                }
            }

            return shape.Length == dimensions.Count && chunk.Length == shape.Length && chunk.All(length => length > 0)
                ? (shape, chunk)
                : throw new InputException($"{Path.Combine(node, FileName)} has an impossible shape: the trace cannot be read; sample again.");
        }
        catch (Exception error) when (error is InvalidOperationException or FormatException)
        {
            throw new InputException($"{Path.Combine(node, FileName)} lacks a field that Zarr v3 requires: the trace cannot be read; sample again.", error);
        }
    }

    private static int[] Lengths(JsonNode? list)
        => [.. (list ?? throw new FormatException("A list of lengths is missing.")).AsArray().Select(length => (length ?? throw new FormatException("A length is null.")).GetValue<int>())];

    private static bool Is<T>(JsonNode? node, T expected) => JsonNode.DeepEquals(node, JsonValue.Create(expected));

    private static JsonArray List(IEnumerable<int> values) => new([.. values.Select(value => JsonValue.Create(value))]);
}
