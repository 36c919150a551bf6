using Bif.Testing;
using Bif.Kernels;
using Xunit;

namespace Bif.Torch.Tests.Kernels;

public class ImagesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_png_comes_back_bit_for_bit(int channels)
    {
        var planes = Noise(channels * 7 * 5);
        var decoded = new byte[planes.Length];
        Images.Decode(Images.EncodePng(planes, channels, 7, 5), "picture", channels, null, null, decoded);
        Assert.Equal(planes, decoded);
    }

    [Fact]
    public void A_drawing_becomes_pixels_on_white()
    {
        const string Svg = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 2" width="4" height="2"><rect width="2" height="2" fill="#f00"/></svg>""";
        var png = Images.DrawSvg(Svg, scale: 3);
        var planes = new byte[3 * 12 * 6];
        Images.Decode(png, "drawing", 3, null, null, planes);
        Assert.All(Enumerable.Range(0, 72), place => Assert.Equal(place % 12 < 6 ? (255, 0, 0) : (255, 255, 255), (planes[place], planes[72 + place], planes[144 + place])));
        Assert.Contains("cannot be drawn", Assert.Throws<ImageException>(() => Images.DrawSvg("<svg")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Planes_are_red_green_blue_in_row_order()
    {
        // Two pixels side by side: (1, 2, 3), (4, 5, 6).
        var decoded = new byte[6];
        Images.Decode(PngWriter.Write(2, 1, 2, [1, 2, 3, 4, 5, 6]), "picture", 3, null, null, decoded);
        Assert.Equal([1, 4, 2, 5, 3, 6], decoded);
    }

    [Fact]
    public void Jpeg_and_webp_come_back_within_their_loss()
    {
        var planes = Smooth(64, 48);
        foreach (var file in new[] { Images.EncodeJpeg(planes, 3, 64, 48, 95), Images.EncodeWebp(planes, 3, 64, 48, 95) })
        {
            var decoded = new byte[planes.Length];
            Images.Decode(file, "picture", 3, null, null, decoded);
            Assert.True(planes.Zip(decoded, (a, b) => Math.Abs(a - b)).Average() < 3);
        }
    }

    [Fact]
    public void A_grey_image_fills_three_equal_channels_and_a_coloured_one_gives_one_grey_channel()
    {
        var grey = new byte[3 * 4];
        Images.Decode(PngWriter.Write(2, 2, 0, [10, 20, 30, 40]), "picture", 3, null, null, grey);
        Assert.Equal([10, 20, 30, 40, 10, 20, 30, 40, 10, 20, 30, 40], grey);
        var single = new byte[1];
        Images.Decode(PngWriter.Write(1, 1, 2, [255, 255, 255]), "picture", 1, null, null, single);
        Assert.Equal(255, single[0]);
    }

    [Fact]
    public void Transparent_parts_become_white()
    {
        var decoded = new byte[6];
        Images.Decode(PngWriter.Write(2, 1, 6, [10, 20, 30, 0, 10, 20, 30, 255]), "picture", 3, null, null, decoded);
        Assert.Equal([255, 10, 255, 20, 255, 30], decoded);
    }

    [Fact]
    public void The_orientation_in_the_metadata_is_applied()
    {
        // EXIF orientation 6: the stored image is to be turned right by a quarter.
        var planes = new byte[3 * 16 * 8];
        for (var i = 0; i < planes.Length; i++)
        {
            planes[i] = i % 16 < 8 ? (byte)250 : (byte)5;
        }

        byte[] exif = [0xFF, 0xE1, 0, 34, .. "Exif\0\0MM\0*"u8, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
        var jpeg = Images.EncodeJpeg(planes, 3, 16, 8, 95);
        var path = Write([.. jpeg[..2], .. exif, .. jpeg[2..]], "rotated.jpg");
        Assert.Equal((8, 16), Images.Size(path));
        var decoded = new byte[planes.Length];
        Images.Decode(path, 3, null, null, decoded);
        Assert.True(decoded[0] > 230 && decoded[(8 * 15) + 4] < 25, $"{decoded[0]} above {decoded[(8 * 15) + 4]}");
    }

    [Fact]
    public void Resampling_equals_the_antialiased_triangle_filter()
    {
        const int Width = 97, Height = 61, Edge = 20;
        var plane = Smooth(Width, Height)[..(Width * Height)];
        var (width, height) = Images.ResizedSize(Width, Height, Edge);
        var decoded = new byte[width * height];
        Images.Decode(Images.EncodePng(plane, 1, Width, Height), "picture", 1, Edge, null, decoded);
        var across = Triangle(Array.ConvertAll(plane, value => (double)value), Width, Height, width, (row, x) => (row * Width) + x);
        var expected = Triangle(across, Height, width, height, (column, y) => (y * width) + column);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                // At the border libvips repeats the last pixel where this sum leaves it out.
                var border = x == 0 || y == 0 || x == width - 1 || y == height - 1;
                Assert.InRange(Math.Abs(decoded[(y * width) + x] - expected[(x * height) + y]), 0, border ? 4 : 1.25);
            }
        }
    }

    [Theory]
    [InlineData(640, 480, 256, 341, 256)]
    [InlineData(480, 640, 256, 256, 341)]
    [InlineData(224, 224, 224, 224, 224)]
    public void The_longer_edge_is_rounded_down(int width, int height, int edge, int newWidth, int newHeight)
        => Assert.Equal((newWidth, newHeight), Images.ResizedSize(width, height, edge));

    [Fact]
    public void An_image_of_the_wanted_size_is_not_resampled()
    {
        var planes = Noise(3 * 32 * 32);
        var decoded = new byte[planes.Length];
        Images.Decode(Images.EncodePng(planes, 3, 32, 32), "picture", 3, 32, 32, decoded);
        Assert.Equal(planes, decoded);
    }

    [Fact]
    public void The_crop_is_taken_from_the_centre()
    {
        var plane = Enumerable.Range(0, 25).Select(i => (byte)i).ToArray();
        var decoded = new byte[9];
        Images.Decode(Images.EncodePng(plane, 1, 5, 5), "picture", 1, null, 3, decoded);
        Assert.Equal([6, 7, 8, 11, 12, 13, 16, 17, 18], decoded);
    }

    [SharedDataFact("imagenette-sample/val")]
    public void Photographs_decode_to_plausible_pixels()
    {
        var files = Directory.EnumerateFiles(SharedData.At("imagenette-sample/val"), "*.JPEG", SearchOption.AllDirectories).Take(8).ToArray();
        Assert.NotEmpty(files);
        Assert.All(files, file =>
        {
            Assert.Equal((224, 224), Images.Size(file));
            var planes = new byte[3 * 224 * 224];
            Images.Decode(file, 3, 224, 224, planes);
            Assert.InRange(planes.Average(value => value), 20, 235);
            Assert.True(planes.Distinct().Count() > 100);
        });
    }

    internal static byte[] Noise(int count)
    {
        var stream = new PhiloxStream(1, 0, PhiloxPurpose.Diagnostics, 0);
        var bytes = new byte[count];
        for (var i = 0; i < count; i++)
        {
            bytes[i] = (byte)stream.NextUInt32();
        }

        return bytes;
    }

    internal static byte[] Smooth(int width, int height)
    {
        var planes = new byte[3 * width * height];
        for (var i = 0; i < planes.Length; i++)
        {
            var (x, y) = (i % width, i / width % height);
            planes[i] = (byte)(128 + (60 * Math.Sin(x * 0.2)) + (50 * Math.Cos((y * 0.15) + (i / (width * height)))));
        }

        return planes;
    }

    internal static string Write(byte[] bytes, string name)
    {
        var folder = TemporaryFolder.UntilExit();
        var path = Path.Combine(folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    // One direction of the filter: lines of `from` samples become lines of `to`; the result is [line, sample].
    private static double[] Triangle(double[] values, int from, int lines, int to, Func<int, int, int> index)
    {
        var scale = (double)from / to;
        var result = new double[lines * to];
        for (var line = 0; line < lines; line++)
        {
            for (var sample = 0; sample < to; sample++)
            {
                var center = (sample + 0.5) * scale;
                var (sum, weights) = (0.0, 0.0);
                for (var i = 0; i < from; i++)
                {
                    var weight = Math.Max(0, 1 - Math.Abs((i + 0.5 - center) / scale));
                    sum += weight * values[index(line, i)];
                    weights += weight;
                }

                result[(line * to) + sample] = sum / weights;
            }
        }

        return result;
    }
}
