using System.Text;
using Bif.Kernels;
using Xunit;

namespace Bif.Torch.Tests.Kernels;

public class HostileImagesTests
{
    public static TheoryData<string> Formats => ["jpeg", "png", "webp"];

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_truncated_file_is_refused_wherever_it_ends(string format)
    {
        var file = Encode(format);
        for (var length = 0; length < file.Length - 16; length += Math.Max(1, file.Length / 60))
        {
            var start = file[..length];
            Assert.Throws<ImageException>(() => { Decode(start); });
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Damaged_bytes_give_an_image_or_an_exception_but_no_crash(string format)
    {
        var stream = new PhiloxStream(2, 0, PhiloxPurpose.Diagnostics, 0);
        var refused = 0;
        for (var trial = 0; trial < 300; trial++)
        {
            var file = Encode(format);
            for (var damage = 0; damage < 4; damage++)
            {
                file[stream.NextInt(file.Length)] = (byte)stream.NextUInt32();
            }

            try
            {
                Decode(file);
            }
            catch (ImageException)
            {
                refused++;
            }
        }

        Assert.True(refused > 0);
    }

    [Theory]
    [InlineData("just text", "is not a JPEG, PNG or WebP file")]
    [InlineData("", "is empty")]
    public void A_file_that_is_no_image_is_named_with_the_reason(string content, string reason)
    {
        var path = ImagesTests.Write(Encoding.UTF8.GetBytes(content), "photo.jpg");
        var message = Assert.Throws<ImageException>(() => Images.Size(path)).Message;
        Assert.StartsWith(path, message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void Huge_dimensions_are_refused_before_memory_is_taken()
    {
        var path = ImagesTests.Write(PngWriter.Write(30_000, 30_000, 2, []), "huge.png");
        var message = Assert.Throws<ImageException>(() => Images.Size(path)).Message;
        Assert.Contains("30000 x 30000", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_is_taken_literally()
    {
        var path = ImagesTests.Write(PngWriter.Write(2, 3, 0, new byte[6]), "a[page=1] ü.png");
        Assert.Equal((2, 3), Images.Size(path));
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        var message = Assert.Throws<ImageException>(() => Images.Size("/nowhere/at all.png")).Message;
        Assert.Contains("/nowhere/at all.png", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_crop_larger_than_the_image_or_a_wrong_destination_is_refused()
    {
        var file = PngWriter.Write(4, 4, 0, new byte[16]);
        Assert.Contains("square of 5", Refused(file, 5, 25), StringComparison.Ordinal);
        Assert.Contains("4 x 4", Refused(file, null, 15), StringComparison.Ordinal);
    }

    [Fact]
    public void Images_decode_alike_on_many_threads()
    {
        var files = new[] { "jpeg", "png", "webp" }.Select(Encode).ToArray();
        var expected = Array.ConvertAll(files, Decode);
        Parallel.For(0, 200, trial =>
        {
            if (trial % 5 == 0)
            {
                Assert.Throws<ImageException>(() => { Decode(files[trial % 3][..100]); });
            }

            Assert.Equal(expected[trial % 3], Decode(files[trial % 3]));
        });
    }

    private static string Refused(byte[] file, int? crop, int room)
        => Assert.Throws<ImageException>(() => Images.Decode(file, "picture", 1, null, crop, new byte[room])).Message;

    private static byte[] Encode(string format)
    {
        var planes = ImagesTests.Smooth(64, 48);
        return format switch
        {
            "jpeg" => Images.EncodeJpeg(planes, 3, 64, 48),
            "png" => Images.EncodePng(planes, 3, 64, 48),
            _ => Images.EncodeWebp(planes, 3, 64, 48),
        };
    }

    private static byte[] Decode(byte[] file)
    {
        var planes = new byte[3 * 64 * 48];
        Images.Decode(file, "picture", 3, null, null, planes);
        return planes;
    }
}
