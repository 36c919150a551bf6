using Bif.Engine.Checkpoints;
using Bif.Testing;
using Xunit;

namespace Bif.Engine.Tests.Checkpoints;

public sealed class ShardIndexTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ShardIndexTests()
    {
        SafetensorsFile.Write(_folder.At("one.safetensors"), [("a", [1], new float[] { 1 }), ("b", [1], new float[] { 3 })]);
        SafetensorsFile.Write(_folder.At("two.safetensors"), [("b", [1], new float[] { 2 })]);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("""{"weight_map":{"a":"two.safetensors"}}""", "does not hold it")]
    [InlineData("""{"weight_map":{"a":"one.safetensors","ghost":"two.safetensors"}}""", "ghost")]
    [InlineData("""{"weight_map":{"a":"one.safetensors"}}""", "does not list the tensor b")]
    [InlineData("""{"weight_map":{"a":null}}""", "not there")]
    [InlineData("""{"weight_map":{"a":5}}""", "no index")]
    [InlineData("""{"weight_map":{}}""", "names no tensors")]
    [InlineData("""{"weight_map":["one.safetensors"]}""", "no index")]
    [InlineData("""{"weight_map":{"a":"."}}""", "not there")]
    [InlineData("[1]", "no index")]
    [InlineData("nonsense", "no index")]
    public void An_index_that_lies_is_refused(string index, string says)
    {
        File.WriteAllText(_folder.At("model.safetensors.index.json"), index);
        Assert.Contains(says, Assert.Throws<InputException>(() => CheckpointReader.Open(_folder.Root)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_in_two_shards_comes_from_the_one_that_the_index_names()
    {
        File.WriteAllText(_folder.At("model.safetensors.index.json"), """{"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}""");
        using var reader = CheckpointReader.Open(_folder.Root);
        var value = new float[1];
        reader.ReadFloat32("b", value);
        Assert.Equal(2, value[0]);
    }

    [Fact]
    public void A_shard_outside_the_folder_is_not_opened()
    {
        Directory.CreateDirectory(_folder.At("model"));
        File.WriteAllText(_folder.At("model/model.safetensors.index.json"), """{"weight_map":{"a":"../one.safetensors"}}""");
        Assert.Throws<InputException>(() => CheckpointReader.Open(_folder.At("model")));
    }
}
