using Bif.Engine.Data;
using Bif.Kernels;
using Bif.Testing;
using Xunit;

namespace Bif.Engine.Tests.Data;

public sealed class DecodedImageCacheTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public DecodedImageCacheTests()
    {
        var random = new Random(4);
        foreach (var name in new[] { "cat", "dog" })
        {
            Directory.CreateDirectory(_folder.At("data/" + name));
            for (var index = 0; index < 3; index++)
            {
                Draw($"data/{name}/{index}.png", random);
            }
        }
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Images_from_the_cache_are_those_from_memory_and_are_decoded_once()
    {
        var inMemory = Read(memoryLimit: 1 << 20);
        Assert.False(Directory.Exists(_folder.At("cache")));
        Assert.Equal(inMemory, Read());
        var file = Assert.Single(Directory.GetFiles(_folder.At("cache")));
        Assert.Equal(6 * 3 * 4 * 4, new FileInfo(file).Length);

        // A second opening reads the file: what is written there is what comes back.
        var pixels = File.ReadAllBytes(file);
        pixels[0] ^= 255;
        File.WriteAllBytes(file, pixels);
        Assert.NotEqual(inMemory, Read());
    }

    [Fact]
    public void Another_content_is_another_file_and_the_least_recently_used_goes_at_the_bound()
    {
        Read();
        var first = Assert.Single(Directory.GetFiles(_folder.At("cache")));
        File.SetLastWriteTimeUtc(first, DateTime.UtcNow.AddHours(-1));
        Draw("data/cat/0.png", new Random(5));
        var changed = Read(mostBytes: 500);
        var second = Assert.Single(Directory.GetFiles(_folder.At("cache")));
        Assert.NotEqual(first, second);
        Assert.Equal(Read(memoryLimit: 1 << 20), changed);
    }

    [Fact]
    public void Without_room_or_a_place_images_are_decoded_at_each_access_and_the_reason_is_said()
    {
        var expected = Read(memoryLimit: 1 << 20);
        Assert.Equal(expected, Read(mostBytes: 100, says: "no room"));
        Directory.Delete(_folder.At("cache"));
        File.WriteAllText(_folder.At("cache"), "a file where the folder would be");
        Assert.Equal(expected, Read(says: "cannot be written"));
    }

    [Fact]
    public void A_broken_image_is_named_and_leaves_nothing_behind()
    {
        File.WriteAllText(_folder.At("data/dog/2.png"), "no image");
        Assert.Contains("2.png", Assert.Throws<InputException>(() => Read()).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.At("cache")));
    }

    [Fact]
    public void A_slice_decodes_its_own_images_alone()
    {
        var all = Read(memoryLimit: 1 << 20);
        File.WriteAllText(_folder.At("data/dog/2.png"), "no image");
        using var slice = DatasetLoader.Open(_folder.At("data[1:5]"));
        Assert.Equal((1, 4), (slice.FirstIndex, slice.Count));
        Assert.Equal([0, 0, 1, 1], slice.Labels!);
        Assert.Equal(["cat/1.png", "cat/2.png", "dog/0.png", "dog/1.png"], slice.ItemNames);
        var pixels = new byte[48];
        for (var index = 0; index < 4; index++)
        {
            slice.Items.Read(index, pixels);
            Assert.Equal(all[((1 + index) * 48)..((2 + index) * 48)], pixels);
        }

        Assert.Throws<InputException>(() => DatasetLoader.Open(_folder.At("data[1:]")));
        Assert.Contains("beyond the 6 items", Assert.Throws<InputException>(() => DatasetLoader.Open(_folder.At("data[1:7]"))).Message, StringComparison.Ordinal);
    }

    private byte[] Read(long memoryLimit = 0, long mostBytes = 1 << 20, string? says = null)
    {
        var raw = ImageFolderFormat.TryOpen(DataPath.Parse(_folder.At("data")), null, memoryLimit, new DecodedImageCache(_folder.At("cache"), mostBytes))!;
        using var items = raw.Items;
        Assert.Contains(says ?? "image folder", raw.Format, StringComparison.Ordinal);
        Assert.Equal(says is null, raw.Format == "image folder");
        var pixels = new byte[items.Count * 48];
        for (var index = 0; index < items.Count; index++)
        {
            items.Read(index, pixels.AsSpan(index * 48, 48));
        }

        return pixels;
    }

    private void Draw(string name, Random random)
    {
        var planes = new byte[48];
        random.NextBytes(planes);
        File.WriteAllBytes(_folder.At(name), Images.EncodePng(planes, 3, 4, 4));
    }
}
