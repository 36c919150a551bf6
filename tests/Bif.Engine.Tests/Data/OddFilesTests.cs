using System.Diagnostics;
using System.IO.Compression;
using Bif.Engine.Data;
using Bif.Kernels;
using Bif.Testing;
using Xunit;

namespace Bif.Engine.Tests.Data;

/// <summary>Files as people have them, damage them, or craft them.</summary>
public sealed class OddFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_compressed_file_beside_the_plain_one_is_not_read_twice()
    {
        File.WriteAllBytes(_folder.At("test_batch.bin"), new byte[3 * 3073]);
        File.WriteAllBytes(_folder.At("test_batch.bin.gz"), Gzip(new byte[3 * 3073]));
        using var data = DatasetLoader.Open(_folder.Root);
        Assert.Equal(3, data.Count);
    }

    [Fact]
    public void A_single_file_has_no_split()
    {
        File.WriteAllBytes(_folder.At("data_batch_1.bin"), new byte[3073]);
        File.WriteAllBytes(_folder.At("train-images-idx3-ubyte"), [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7]);
        File.WriteAllBytes(_folder.At("train-labels-idx1-ubyte"), [0, 0, 8, 1, 0, 0, 0, 1, 0]);
        File.WriteAllText(_folder.At("t.csv"), "a,y\n1,2\n");
        foreach (var file in new[] { "data_batch_1.bin", "train-images-idx3-ubyte", "t.csv" })
        {
            DatasetLoader.Open(_folder.At(file)).Dispose();
            Assert.Contains("no split \"train\"", Refusal(file + "@train"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Whatever_is_wrong_with_a_gzip_file_is_said()
    {
        var whole = Gzip([.. Enumerable.Range(0, 3073).Select(index => (byte)(index % 10))]);
        void Refused(byte[] bytes, string says)
        {
            File.WriteAllBytes(_folder.At("test_batch.bin.gz"), bytes);
            Assert.Contains(says, Refusal(""), StringComparison.Ordinal);
        }

        File.WriteAllBytes(_folder.At("test_batch.bin.gz"), whole);
        DatasetLoader.Open(_folder.Root).Dispose();
        foreach (var cut in new[] { 1, 4, 8, whole.Length / 2 })
        {
            Refused(whole[..^cut], "truncated");
        }

        Refused(whole[..2], "truncated");
        Refused([.. whole, .. "and something else"u8], "gzip");
        Refused([.. "this is no gzip file at all"u8], "damaged");
        Refused([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0], "holds nothing");

        // The last four bytes claim 4 GiB: memory for it is not asked for.
        Refused([.. whole[..^4], 255, 255, 255, 255], "gzip");
    }

    [Fact]
    public void An_IDX_file_with_a_size_of_zero_says_so()
    {
        File.WriteAllBytes(_folder.At("train-images-idx3-ubyte"), [0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 2]);
        File.WriteAllBytes(_folder.At("train-labels-idx1-ubyte"), [0, 0, 8, 1, 0, 0, 0, 0]);
        Assert.Contains("0×2×2", Refusal(""), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a;b;y\n1;2;3\n", "semicolons")]
    [InlineData("a\tb\ty\n1\t2\t3\n", "tabs")]
    [InlineData("0.5,0.25,1\n1,2,3\n", "starts with a row of numbers")]
    [InlineData("1,1,1\n1,2,3\n", "starts with a row of numbers")]
    [InlineData("7,2,31,14\n1,2,3,4\n", "starts with a row of numbers")]
    [InlineData("a,y\n1,2\0\n", "not a finite number")]
    [InlineData("", "is empty")]
    public void A_table_in_another_form_is_told_what_it_needs(string text, string says)
    {
        File.WriteAllText(_folder.At("t.csv"), text);
        Assert.Contains(says, Refusal("t.csv"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a,b,y")]
    [InlineData("0,1,2")]
    [InlineData("1,2,3")]
    public void Columns_named_by_their_numbers_and_lines_of_spaces_are_fine(string header)
    {
        File.WriteAllText(_folder.At("t.csv"), header + "\n1,2,3\n   \n4,5,6\n");
        using var data = DatasetLoader.Open(_folder.At("t.csv"));
        Assert.Equal([3f, 6f], data.Targets!);
    }

    [Theory]
    [InlineData("empty")]
    [InlineData("pipe")]
    [InlineData("device")]
    [InlineData("broken link")]
    [InlineData("no image")]
    public void A_first_image_that_cannot_be_read_is_refused_as_later_ones_are(string kind)
    {
        var file = _folder.At("images/a/1.png");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        switch (kind)
        {
            case "empty":
                File.WriteAllBytes(file, []);
                break;
            case "pipe":
                using (var made = Process.Start("mkfifo", [file]))
                {
                    made.WaitForExit();
                }

                break;
            case "device":
                File.CreateSymbolicLink(file, "/dev/zero");
                break;
            case "broken link":
                File.CreateSymbolicLink(file, _folder.At("nowhere"));
                break;
            default:
                File.WriteAllText(file, "xx");
                break;
        }

        Assert.Contains("1.png", Refusal("images"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_cell_without_end_does_not_fill_the_screen()
    {
        File.WriteAllText(_folder.At("t.csv"), "a,y\n1," + new string('x', 100_000) + "\n");
        Assert.InRange(Refusal("t.csv").Length, 40, 300);
    }

    [Theory]
    [InlineData("t.csv")]
    [InlineData("data_batch_1.bin")]
    public void A_pipe_or_a_device_is_neither_waited_for_nor_read_without_end(string name)
    {
        using (var made = Process.Start("mkfifo", [_folder.At(name)]))
        {
            made.WaitForExit();
        }

        Assert.Contains("no regular file", Refusal(name), StringComparison.Ordinal);
        File.Delete(_folder.At(name));
        File.CreateSymbolicLink(_folder.At(name), "/dev/zero");
        Assert.Contains("no regular file", Refusal(name), StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_is_the_file_that_it_leads_to()
    {
        Directory.CreateDirectory(_folder.At("blobs"));
        File.WriteAllText(_folder.At("blobs/1"), "a,y\n1,2\n");
        File.WriteAllBytes(_folder.At("blobs/2"), new byte[2 * 3073]);
        File.CreateSymbolicLink(_folder.At("t.csv"), "blobs/1");
        File.CreateSymbolicLink(_folder.At("link"), "blobs/2");
        File.CreateSymbolicLink(_folder.At("data_batch_1.bin"), "link");
        using var table = DatasetLoader.Open(_folder.At("t.csv"));
        using var images = DatasetLoader.Open(_folder.At("data_batch_1.bin"));
        Assert.Equal((1, 2), (table.Count, images.Count));

        File.CreateSymbolicLink(_folder.At("circle.csv"), "circle.csv");
        Assert.InRange(Refusal("circle.csv").Length, 20, 400);
    }

    [Fact]
    public void Hidden_companions_of_images_are_no_data()
    {
        var picture = Images.EncodePng(new byte[12], 3, 2, 2);
        foreach (var name in new[] { "cat", "dog", ".ipynb_checkpoints" })
        {
            Directory.CreateDirectory(_folder.At(name));
            File.WriteAllBytes(_folder.At(name + "/a.png"), picture);
        }

        File.WriteAllBytes(_folder.At("cat/._a.png"), [0, 5, 22, 7]);
        using var data = DatasetLoader.Open(_folder.Root);
        Assert.Equal(["cat", "dog"], data.ClassNames!);
        Assert.Equal([0, 1], data.Labels!);
    }

    private string Refusal(string path) => Assert.Throws<InputException>(() => DatasetLoader.Open(path.Length == 0 ? _folder.Root : _folder.At(path))).Message;

    private static byte[] Gzip(byte[] content)
    {
        using var result = new MemoryStream();
        using (var stream = new GZipStream(result, CompressionLevel.Fastest))
        {
            stream.Write(content);
        }

        return result.ToArray();
    }
}
