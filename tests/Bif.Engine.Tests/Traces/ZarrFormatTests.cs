using System.Diagnostics;
using System.Text.Json.Nodes;
using Bif.Engine.Traces;
using Xunit;

namespace Bif.Engine.Tests.Traces;

/// <summary>The store against the Zarr v3 core specification and against a reader that shares no code with it.</summary>
public sealed class ZarrFormatTests : IDisposable
{
    private readonly TraceFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_checksum_is_Castagnolis()
    {
        // RFC 3720, appendix B.4; and the check value of the CRC catalogue.
        Assert.Equal(0x8A9136AAu, Crc32C.Compute(new byte[32]));
        Assert.Equal(0x46DD794Eu, Crc32C.Compute([.. Enumerable.Range(0, 32).Select(value => (byte)value)]));
        Assert.Equal(0xE3069283u, Crc32C.Compute("123456789"u8));
    }

    [Fact]
    public void Metadata_has_every_field_that_the_specification_requires()
    {
        _folder.Filled(new(2, 5, 7, 3, DrawsPerBlock: 2, ItemsPerBlock: 4, StepsPerDraw: 3, BurnIn: 6));
        var group = Json("zarr.json");
        Assert.Equal(["zarr_format", "node_type", "attributes"], group.Select(pair => pair.Key));
        Assert.Equal(3, group["zarr_format"]!.GetValue<int>());
        Assert.Equal("group", group["node_type"]!.GetValue<string>());
        Assert.Equal("nats", group["attributes"]!["units"]!.GetValue<string>());
        Assert.Contains("helpful", group["attributes"]!["sign_convention"]!.GetValue<string>(), StringComparison.Ordinal);

        foreach (var (name, shape, chunk, dimensions) in new (string, int[], int[], string[])[]
        {
            ("train_loss", [2, 5, 7], [1, 2, 4], ["chain", "draw", "item"]),
            ("query_loss", [2, 5, 3], [1, 2, 3], ["chain", "draw", "query"]),
            ("train_loss_init", [7], [7], ["item"]),
            ("query_loss_init", [3], [3], ["query"]),
            ("sampling_loss", [2, 15], [1, 6], ["chain", "step"]),
            ("burn_in_loss", [2, 6], [1, 6], ["chain", "burn_in_step"]),
        })
        {
            var array = Json(Path.Combine(name, "zarr.json"));
            Assert.Equal(3, array["zarr_format"]!.GetValue<int>());
            Assert.Equal("array", array["node_type"]!.GetValue<string>());
            Assert.Equal(shape, Numbers(array["shape"]));
            Assert.Equal("float32", array["data_type"]!.GetValue<string>());
            Assert.Equal("regular", array["chunk_grid"]!["name"]!.GetValue<string>());
            Assert.Equal(chunk, Numbers(array["chunk_grid"]!["configuration"]!["chunk_shape"]));
            Assert.Equal("default", array["chunk_key_encoding"]!["name"]!.GetValue<string>());
            Assert.Equal("/", array["chunk_key_encoding"]!["configuration"]!["separator"]!.GetValue<string>());
            Assert.Equal("NaN", array["fill_value"]!.GetValue<string>());
            var codecs = array["codecs"]!.AsArray();
            Assert.Equal(["bytes", "crc32c"], codecs.Select(codec => codec!["name"]!.GetValue<string>()));
            Assert.Equal("little", codecs[0]!["configuration"]!["endian"]!.GetValue<string>());
            Assert.Equal(dimensions, array["dimension_names"]!.AsArray().Select(dimension => dimension!.GetValue<string>()));

            // Every further member would be an extension that other readers must refuse.
            string[] known =
            [
                "zarr_format", "node_type", "shape", "data_type", "chunk_grid", "chunk_key_encoding", "fill_value", "codecs",
                "attributes", "dimension_names",
            ];
            Assert.Empty(array.Select(pair => pair.Key).Except(known));
        }
    }

    [Fact]
    public void A_dimension_name_has_one_length_in_the_group()
    {
        _folder.Filled(new(2, 5, 7, 3, DrawsPerBlock: 2, ItemsPerBlock: 4, StepsPerDraw: 3, BurnIn: 6));
        var lengths = Directory.GetFiles(_folder.Store, "zarr.json", SearchOption.AllDirectories)
            .Select(file => JsonNode.Parse(File.ReadAllText(file))!)
            .Where(node => node["node_type"]!.GetValue<string>() == "array")
            .SelectMany(node => node["dimension_names"]!.AsArray().Select(name => name!.GetValue<string>()).Zip(Numbers(node["shape"])))
            .Distinct();
        Assert.Equal(lengths.Count(), lengths.Select(pair => pair.First).Distinct().Count());
    }

    [Fact]
    public void Chunks_at_the_edge_are_whole_and_padded_with_the_fill_value()
    {
        _folder.Filled(new(1, 5, 7, 3, DrawsPerBlock: 2, ItemsPerBlock: 4));
        var bytes = File.ReadAllBytes(Path.Combine(_folder.Store, "train_loss", "c", "0", "2", "1"));
        Assert.Equal((2 * 4 * sizeof(float)) + 4, bytes.Length);
        var values = Enumerable.Range(0, 8).Select(index => BitConverter.ToSingle(bytes, index * 4)).ToArray();
        Assert.Equal([404f, 405f, 406f], values[..3]);
        Assert.All(values[3..], value => Assert.True(float.IsNaN(value)));
    }

    [Fact]
    public void A_reader_written_from_the_specification_reads_the_same_numbers()
    {
        const string Reader = """
            import itertools, json, math, os, struct, sys
            try:
                import numpy as np
            except ImportError:
                print("no numpy"); sys.exit(0)

            def crc32c(data):
                crc = 0xFFFFFFFF
                for byte in data:
                    crc ^= byte
                    for _ in range(8):
                        crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
                return crc ^ 0xFFFFFFFF

            def read(node):
                meta = json.load(open(os.path.join(node, "zarr.json")))
                shape, chunk = meta["shape"], meta["chunk_grid"]["configuration"]["chunk_shape"]
                out = np.full(shape, np.nan, "<f4")
                for index in itertools.product(*[range(math.ceil(s / c)) for s, c in zip(shape, chunk)]):
                    key = os.path.join(node, "c", *map(str, index))
                    if not os.path.exists(key):
                        continue
                    data = open(key, "rb").read()
                    assert struct.unpack("<I", data[-4:])[0] == crc32c(data[:-4]), key
                    block = np.frombuffer(data[:-4], "<f4").reshape(chunk)
                    target = tuple(slice(i * c, min((i + 1) * c, s)) for i, c, s in zip(index, chunk, shape))
                    out[target] = block[tuple(slice(0, t.stop - t.start) for t in target)]
                return out

            train, query = read(sys.argv[1] + "/train_loss"), read(sys.argv[1] + "/query_loss")
            c, d, i = np.indices(train.shape)
            assert (train == c * 10000 + d * 100 + i).all()
            c, d, i = np.indices(query.shape)
            assert (query == -(c * 10000 + d * 100 + i)).all()
            assert (read(sys.argv[1] + "/train_loss_init") == np.arange(train.shape[2])).all()
            print("same", train.shape)
            """;
        if (!File.Exists("/usr/bin/python3"))
        {
            return;
        }

        _folder.Filled(new(2, 5, 7, 3, DrawsPerBlock: 2, ItemsPerBlock: 4));
        using var python = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-c", Reader, _folder.Store])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = python.StandardOutput.ReadToEnd();
        var errors = python.StandardError.ReadToEnd();
        python.WaitForExit();
        Assert.True(output.StartsWith("no numpy", StringComparison.Ordinal) || output.StartsWith("same (2, 5, 7)", StringComparison.Ordinal), output + errors);
    }

    private static int[] Numbers(JsonNode? list) => [.. list!.AsArray().Select(value => value!.GetValue<int>())];

    private JsonObject Json(string file) => JsonNode.Parse(File.ReadAllText(Path.Combine(_folder.Store, file)))!.AsObject();
}
