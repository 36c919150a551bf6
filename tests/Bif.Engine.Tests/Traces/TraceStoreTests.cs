using System.Text.Json.Nodes;
using Bif.Engine.Traces;
using Bif.Testing;
using Xunit;

namespace Bif.Engine.Tests.Traces;

public sealed class TraceStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void CRC32C_gives_the_published_check_value()
        => Assert.Equal(0xE3069283u, ZarrArray.Crc32C("123456789"u8));

    [Fact]
    public void Metadata_follow_the_Zarr_v3_specification()
    {
        TraceStore.Create(_folder.At("t"), new TraceShape(2, 5, 3, 1, 1, 2, 2), "id");
        var group = JsonNode.Parse(File.ReadAllText(_folder.At("t/zarr.json")))!;
        Assert.Equal((3, "group"), ((int)group["zarr_format"]!, (string)group["node_type"]!));
        var array = JsonNode.Parse(File.ReadAllText(_folder.At("t/train_loss/zarr.json")))!.AsObject();
        string[] required = ["zarr_format", "node_type", "shape", "data_type", "chunk_grid", "chunk_key_encoding", "fill_value", "codecs"];
        Assert.All(required, field => Assert.True(array.ContainsKey(field), field));
        string[] known = [.. required, "attributes", "dimension_names", "storage_transformers"];
        Assert.All(array, field => Assert.Contains(field.Key, known));
        Assert.Equal("[2,5,3]", array["shape"]!.ToJsonString());
        Assert.Equal("[1,2,2]", array["chunk_grid"]!["configuration"]!["chunk_shape"]!.ToJsonString());
        Assert.Equal("[\"chain\",\"draw\",\"item\"]", array["dimension_names"]!.ToJsonString());
        Assert.Equal("/", (string)array["chunk_key_encoding"]!["configuration"]!["separator"]!);
        Assert.Equal("NaN", (string)array["fill_value"]!);
    }

    [Fact]
    public void Blocks_are_read_back_and_only_whole_ones_count()
    {
        var store = TraceStore.Create(_folder.At("t"), new TraceShape(1, 5, 3, 2, 1, 2, 2), "id");
        store.WriteBlock(0, 0, [1, 2, 3, 4, 5, 6], [7, 8, 9, 10], [1, 2]);
        store.WriteBlock(0, 1, [11, 12, 13, 14, 15, 16], [17, 18, 19, 20], [1, 2]);
        store.WriteBlock(0, 2, [21, 22, 23], [27, 28], [3]);
        var opened = TraceStore.Open(_folder.At("t"));
        Assert.Equal(store.Shape, opened.Shape);
        Assert.Equal((3, 5), (opened.CompleteBlocks(0), opened.CompleteDraws(0)));
        Assert.Equal([7f, 8, 9, 10, 17, 18, 19, 20, 27, 28], opened.ReadQueries(0));
        var chunk = Array.Empty<float>();
        opened.ReadTrain(0, 1, 0, ref chunk);
        Assert.Equal([11f, 12, 14, 15], chunk);

        // The edge chunk is full-size, padded with the fill value.
        opened.ReadTrain(0, 2, 1, ref chunk);
        Assert.Equal([23f, float.NaN, float.NaN, float.NaN], chunk);

        var file = _folder.At("t/train_loss/c/0/1/1");
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..5]);
        Assert.Equal(1, opened.CompleteBlocks(0));
    }

    [Fact]
    public void A_damaged_chunk_is_noticed()
    {
        var store = TraceStore.Create(_folder.At("t"), new TraceShape(1, 2, 2, 1, 1, 2, 2), "id");
        store.WriteBlock(0, 0, [1, 2, 3, 4], [5, 6], [1, 2]);
        var file = _folder.At("t/train_loss/c/0/0/0");
        var bytes = File.ReadAllBytes(file);
        bytes[3] ^= 1;
        File.WriteAllBytes(file, bytes);
        var chunk = Array.Empty<float>();
        Assert.Throws<InputException>(() => store.ReadTrain(0, 0, 0, ref chunk));
    }
}
