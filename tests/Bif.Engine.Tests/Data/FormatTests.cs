using System.IO.Compression;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Engine.Tests.Data;

public sealed class FormatTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_table_gives_features_and_the_last_column_as_target()
    {
        File.WriteAllText(_folder.At("t.csv"), "a,b,y\n1,2,0.5\r\n3,\"4\",1.5\n");
        using var data = DatasetLoader.Open(_folder.At("t.csv"));
        Assert.Equal(2, data.Count);
        Assert.Equal([0.5f, 1.5f], data.Targets!);
        using var feed = new DataFeed(data, null, CPU);
        using var scope = NewDisposeScope();
        Assert.Equal([3f, 4f], feed.Gather([1]).Inputs.data<float>().ToArray());
    }

    [Theory]
    [InlineData("a,y\n1,2\nx,3\n", "line 3, column \"a\": \"x\"")]
    [InlineData("a,y\n1\n", "line 2: 1 cells")]
    [InlineData("a,y\n1,nan\n", "not a finite number")]
    [InlineData("a,y\n", "no rows")]
    [InlineData("y\n1\n", "at least one feature")]
    public void A_bad_table_is_refused_where_it_is_bad(string text, string says)
    {
        File.WriteAllText(_folder.At("t.csv"), text);
        Assert.Contains(says, Assert.Throws<InputException>(() => DatasetLoader.Open(_folder.At("t.csv"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_of_a_table_must_be_class_indices()
    {
        File.WriteAllText(_folder.At("t.csv"), "a,y\n1,0\n2,1.5\n");
        Assert.Contains("class index", Assert.Throws<InputException>(() => DatasetLoader.Open(_folder.At("t.csv"), null, TargetKind.Class)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_CIFAR_record_out_of_range_or_cut_is_refused_and_gzip_has_the_same_hash()
    {
        var records = new byte[2 * 3073];
        new Random(1).NextBytes(records);
        records[0] = 3;
        records[3073] = 9;
        File.WriteAllBytes(_folder.At("test_batch.bin"), records);
        using var plain = DatasetLoader.Open(_folder.Root + "@test");
        Assert.Equal([3, 9], plain.Labels!);
        using (var stream = new GZipStream(File.Create(_folder.At("data_batch_1.bin.gz")), CompressionLevel.Fastest))
        {
            stream.Write(records);
        }

        using var packed = DatasetLoader.Open(_folder.Root + "@train");
        Assert.Equal(plain.Hash, packed.Hash);
        using var half = DatasetLoader.Open(_folder.Root + "@train[1:2]");
        Assert.Equal((1, 1, 9), (half.Count, half.FirstIndex, half.Labels![0]));
        Assert.NotEqual(plain.Hash, half.Hash);

        var bytes = File.ReadAllBytes(_folder.At("data_batch_1.bin.gz"));
        File.WriteAllBytes(_folder.At("data_batch_1.bin.gz"), bytes[..(bytes.Length / 2)]);
        Assert.Contains("truncated", Assert.Throws<InputException>(() => DatasetLoader.Open(_folder.Root + "@train")).Message, StringComparison.Ordinal);
        records[0] = 10;
        File.WriteAllBytes(_folder.At("test_batch.bin"), records);
        Assert.Contains("label 10", Assert.Throws<InputException>(() => DatasetLoader.Open(_folder.Root + "@test")).Message, StringComparison.Ordinal);
        File.WriteAllBytes(_folder.At("test_batch.bin"), records[..4000]);
        Assert.Contains("truncated", Assert.Throws<InputException>(() => DatasetLoader.Open(_folder.Root + "@test")).Message, StringComparison.Ordinal);
        Assert.Contains("@test, @train", Assert.Throws<InputException>(() => DatasetLoader.Open(_folder.Root)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_IDX_file_that_lies_is_refused()
    {
        byte[] images = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8];
        byte[] labels = [0, 0, 8, 1, 0, 0, 0, 2, 1, 0];
        void Write(byte[] pixels, byte[] classes)
        {
            File.WriteAllBytes(_folder.At("train-images-idx3-ubyte"), pixels);
            File.WriteAllBytes(_folder.At("train-labels-idx1-ubyte"), classes);
        }

        Write(images, labels);
        using (var data = DatasetLoader.Open(_folder.Root))
        {
            Assert.Equal([1, 0], data.Labels!);
        }

        string Refusal() => Assert.Throws<InputException>(() => DatasetLoader.Open(_folder.Root)).Message;
        Write(images[..^1], labels);
        Assert.Contains("truncated", Refusal(), StringComparison.Ordinal);
        Write([9, .. images[1..]], labels);
        Assert.Contains("magic", Refusal(), StringComparison.Ordinal);
        Write(images, [0, 0, 8, 1, 0, 0, 0, 1, 1]);
        Assert.Contains("2 images", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_files_never_give_anything_but_a_sentence()
    {
        var original = new byte[2 * 3073];
        for (var seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            var bytes = original.ToArray();
            random.NextBytes(bytes.AsSpan(0, 40));
            File.WriteAllBytes(_folder.At("test_batch.bin"), bytes[..random.Next(bytes.Length)]);
            var thrown = Record.Exception(() => DatasetLoader.Open(_folder.Root + "@test").Dispose());
            Assert.True(thrown is null or InputException, $"seed {seed}: {thrown}");
        }
    }

    [SharedDataFact("imagenette-sample", "squeezenet-imagenet")]
    public void Image_folders_map_WordNet_folders_through_the_label_file()
    {
        var input = InputSpec.From(ModelConfig.Read(SharedData.At("squeezenet-imagenet/config.json")));
        using var data = DatasetLoader.Open(SharedData.At("imagenette-sample@val"), input);
        Assert.Equal(80, data.Count);
        Assert.Equal(0, data.Labels![0]);
        Assert.StartsWith("tench", data.ClassNames![0], StringComparison.Ordinal);
        Assert.Contains("train", Assert.Throws<InputException>(() => DatasetLoader.Open(SharedData.At("imagenette-sample"), input)).Message, StringComparison.Ordinal);
    }

    [SharedDataFact("cifar10", "mnist")]
    public void Real_files_have_their_counts_and_classes()
    {
        using var cifar = DatasetLoader.Open(SharedData.At("cifar10@train"));
        Assert.Equal((6000, "frog"), (cifar.Count, cifar.ClassNames![cifar.Labels![0]]));
        using var mnist = DatasetLoader.Open(SharedData.At("mnist@test[:5]"));
        Assert.Equal([7, 2, 1, 0, 4], mnist.Labels!);
    }

    [SharedDataFact("cifar10")]
    public void Streaming_from_disk_gives_the_same_batches_as_resident_data()
    {
        using var data = DatasetLoader.Open(SharedData.At("cifar10@test[0:40]"));
        var input = new InputSpec(3, 32, null, [0.4, 0.5, 0.6], [0.2, 0.3, 0.4], null);
        using var feed = new DataFeed(data, input, CPU);
        using var scope = NewDisposeScope();
        var range = feed.Range(10, 7).Inputs;
        Assert.True(range.Equals(feed.Gather([10, 11, 12, 13, 14, 15, 16]).Inputs));
        var pixel = new byte[3072];
        data.Items.Read(12, pixel);
        var expected = ((pixel[1024 + 33] / 255.0) - 0.5) / 0.3;
        Assert.Equal(expected, range.select(0, 2).select(0, 1).select(0, 1).select(0, 1).item<float>(), 4);
    }
}
