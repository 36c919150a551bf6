using System.Buffers.Binary;
using System.Text;
using Bif.Engine.Checkpoints;
using Bif.Testing;
using Xunit;

namespace Bif.Engine.Tests.Checkpoints;

public sealed class SafetensorsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_written_is_read()
    {
        var file = _folder.At("m.safetensors");
        SafetensorsFile.Write(file, [("a", [2, 2], new float[] { 1, 2, 3, 4 }), ("b.c", [1], new float[] { 5 })], new Dictionary<string, string> { ["k"] = "v" });
        using var opened = SafetensorsFile.Open(file);
        var values = new float[4];
        opened.ReadFloat32("a", values);
        Assert.Equal([1f, 2, 3, 4], values);
        Assert.Equal([1L], opened.Shape("b.c"));
        Assert.Equal("v", opened.Metadata()["k"]);
    }

    [Fact]
    public void A_link_as_caches_of_downloads_are_made_of_is_followed()
    {
        SafetensorsFile.Write(_folder.At("blob"), [("a", [40], Enumerable.Range(0, 40).Select(value => (float)value).ToArray())]);
        File.CreateSymbolicLink(_folder.At("m.safetensors"), "blob");
        using var opened = SafetensorsFile.Open(_folder.At("m.safetensors"));
        var values = new float[40];
        opened.ReadFloat32("a", values);
        Assert.Equal(39f, values[39]);
    }

    [Theory]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4)]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}}", 0)]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4)]
    [InlineData("{\"a\":{\"dtype\":\"F99\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4)]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,400]}}", 4)]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4)]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 8)]
    [InlineData("[1, 2]", 0)]
    [InlineData("not json", 0)]
    public void A_header_that_lies_is_refused(string header, int dataBytes)
    {
        var file = _folder.At("lie.safetensors");
        var json = Encoding.UTF8.GetBytes(header);
        var bytes = new byte[8 + json.Length + dataBytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, json.Length);
        json.CopyTo(bytes, 8);
        File.WriteAllBytes(file, bytes);
        Assert.Contains("lie.safetensors", Assert.Throws<InputException>(() => SafetensorsFile.Open(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_damage_gives_a_sentence_or_a_usable_file()
    {
        var file = _folder.At("m.safetensors");
        SafetensorsFile.Write(file, [("weight", [4, 4], new float[16]), ("bias", [4], new float[4])]);
        var original = File.ReadAllBytes(file);
        for (var seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            var bytes = original[..random.Next(1, original.Length + 1)].ToArray();
            for (var change = 0; change < 3; change++)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(_folder.At("d.safetensors"), bytes);
            var thrown = Record.Exception(() =>
            {
                using var opened = SafetensorsFile.Open(_folder.At("d.safetensors"));
                foreach (var name in opened.Names)
                {
                    opened.ReadFloat32(name, new float[opened.Shape(name).Aggregate(1L, (product, size) => product * size)]);
                }
            });
            Assert.True(thrown is null or InputException, $"seed {seed}: {thrown}");
        }
    }

    [Fact]
    public void Shards_are_read_through_their_index_and_a_missing_one_is_named()
    {
        SafetensorsFile.Write(_folder.At("one.safetensors"), [("a", [1], new float[] { 1 })]);
        SafetensorsFile.Write(_folder.At("two.safetensors"), [("b", [1], new float[] { 2 })]);
        File.WriteAllText(_folder.At("model.safetensors.index.json"), "{\"weight_map\":{\"a\":\"one.safetensors\",\"b\":\"two.safetensors\"}}");
        using (var reader = CheckpointReader.Open(_folder.Root))
        {
            Assert.Equal(["a", "b"], reader.Names.Order());
        }

        File.Delete(_folder.At("two.safetensors"));
        Assert.Contains("two.safetensors", Assert.Throws<InputException>(() => CheckpointReader.Open(_folder.Root)).Message, StringComparison.Ordinal);
    }
}
