using System.Buffers;
using Bif.Native;

namespace Bif.Kernels;

/// <summary>
/// JPEG, PNG and WebP through libvips, recognised by their content. Safe to call from several threads; a damaged or hostile
/// file gives an <see cref="ImageException"/>, never a crash, and images of more than 100 million pixels are refused before
/// they are decoded.
/// </summary>
public static unsafe class Images
{
    /// <summary>Width and height in pixels, after the orientation in the file's metadata.</summary>
    /// <exception cref="ImageException">It is no image that can be read.</exception>
    public static (int Width, int Height) Size(string path)
    {
        var (width, height) = (0, 0);
        var (bytes, length) = Read(path);
        fixed (byte* first = bytes)
        {
            Check(path, KernelMethods.bif_image_size(first, length, out width, out height));
        }

        ArrayPool<byte>.Shared.Return(bytes);

        return (width, height);
    }

    /// <summary>
    /// The size after the shorter edge is made <paramref name="shorterEdge"/> pixels long; the longer one is rounded down,
    /// as torchvision's Resize does.
    /// </summary>
    public static (int Width, int Height) ResizedSize(int width, int height, int shorterEdge) => width <= height
        ? (shorterEdge, (int)((long)shorterEdge * height / width))
        : ((int)((long)shorterEdge * width / height), shorterEdge);

    /// <summary>Decodes a file as <see cref="Decode(ReadOnlySpan{byte}, string, int, int?, int?, Span{byte}, Resampling)"/> does.</summary>
    /// <exception cref="ImageException">It does not decode, or has another size than the destination.</exception>
    public static void Decode(
        string path, int channels, int? resizeShorterEdge, int? cropSize, Span<byte> destination,
        Resampling resampling = Resampling.Bilinear)
    {
        // Borrowed: the files of a whole folder as garbage would weigh more than its decoded images.
        var (bytes, length) = Read(path);
        try
        {
            Decode(bytes.AsSpan(0, length), path, channels, resizeShorterEdge, cropSize, destination, resampling);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>
    /// Decodes into planar bytes [channels, height, width]: upright, sRGB or grey, transparent parts on white. An image that
    /// already has the wanted size is not resampled: its pixels are as decoded.
    /// </summary>
    /// <param name="file">The file's bytes.</param>
    /// <param name="name">What error messages call it.</param>
    /// <param name="channels">3 for sRGB, 1 for grey.</param>
    /// <param name="resizeShorterEdge">Pixels of the shorter edge after resampling, or null for none.</param>
    /// <param name="cropSize">Side of the square then taken from the centre, or null for none.</param>
    /// <param name="destination">Exactly channels × height × width bytes.</param>
    /// <param name="resampling">How to resample.</param>
    /// <exception cref="ImageException">It does not decode, or has another size than the destination.</exception>
    public static void Decode(
        ReadOnlySpan<byte> file, string name, int channels, int? resizeShorterEdge, int? cropSize, Span<byte> destination,
        Resampling resampling = Resampling.Bilinear)
    {
        if (channels is not (1 or 3))
        {
            throw new ArgumentOutOfRangeException(nameof(channels), channels, "An image has 1 or 3 channels.");
        }

        fixed (byte* bytes = file, first = destination)
        {
            var (width, height) = (0, 0);
            if (resizeShorterEdge is { } edge)
            {
                Check(name, KernelMethods.bif_image_size(bytes, file.Length, out width, out height));
                (width, height) = ResizedSize(width, height, edge);
            }

            Check(name, KernelMethods.bif_image_decode(
                bytes, file.Length, channels, width, height, (int)resampling, cropSize ?? 0, first, destination.Length));
        }
    }

    /// <summary>Encodes planar bytes [channels, height, width] without loss.</summary>
    public static byte[] EncodePng(ReadOnlySpan<byte> planes, int channels, int width, int height)
        => Encode(planes, channels, width, height, 1, 0);

    /// <summary>Encodes planar bytes [channels, height, width] as JPEG of a quality from 1 to 100.</summary>
    public static byte[] EncodeJpeg(ReadOnlySpan<byte> planes, int channels, int width, int height, int quality = 85)
        => Encode(planes, channels, width, height, 0, quality);

    /// <summary>Encodes planar bytes [channels, height, width] as WebP of a quality from 1 to 100.</summary>
    public static byte[] EncodeWebp(ReadOnlySpan<byte> planes, int channels, int width, int height, int quality = 85)
        => Encode(planes, channels, width, height, 2, quality);

    /// <summary>Draws an SVG document of this program's own making as PNG on white. Never for documents from elsewhere.</summary>
    /// <param name="svg">The document.</param>
    /// <param name="scale">Pixels per unit of the document.</param>
    /// <exception cref="ImageException">libvips is missing, or was built without librsvg.</exception>
    public static byte[] DrawSvg(string svg, double scale = 2)
    {
        var document = System.Text.Encoding.UTF8.GetBytes(svg);
        fixed (byte* first = document)
        {
            var code = KernelMethods.bif_image_svg_to_png(first, document.Length, scale, out var bytes, out var length);
            if (code != 0)
            {
                throw new ImageException($"The figure cannot be drawn as PNG: {KernelMethods.LastError}.");
            }

            return Taken(bytes, length);
        }
    }

    private static byte[] Encode(ReadOnlySpan<byte> planes, int channels, int width, int height, int format, int quality)
    {
        if (channels is not (1 or 3) || width < 1 || height < 1 || planes.Length != (long)channels * width * height)
        {
            throw new ArgumentException($"{planes.Length} bytes are not {channels} planes of {width} × {height} pixels (1 or 3 planes).", nameof(planes));
        }

        fixed (byte* first = planes)
        {
            Check("The picture", KernelMethods.bif_image_encode(first, channels, width, height, format, quality, out var bytes, out var length));
            return Taken(bytes, length);
        }
    }

    // A copy of bytes that libvips made, which are freed.
    private static byte[] Taken(byte* bytes, long length)
    {
        try
        {
            return new ReadOnlySpan<byte>(bytes, checked((int)length)).ToArray();
        }
        finally
        {
            KernelMethods.bif_image_free(bytes);
        }
    }

    // The file in an array of the shared pool, which may be longer.
    private static (byte[] Bytes, int Length) Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            var bytes = ArrayPool<byte>.Shared.Rent(checked((int)file.Length));
            return (bytes, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
        }
        catch (OverflowException error)
        {
            throw new ImageException($"{path} is too large for an image.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ImageException($"{path} cannot be read: {error.Message}", error);
        }
    }

    private static void Check(string name, int code)
    {
        if (code != 0)
        {
            throw new ImageException($"{name} cannot be used as an image: {KernelMethods.LastError}.");
        }
    }
}
