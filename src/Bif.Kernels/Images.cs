using Bif.Native;

namespace Bif.Kernels;

/// <summary>An image file that cannot be used; the message is one sentence with the path.</summary>
public sealed class ImageException(string message) : Exception(message);

/// <summary>JPEG, PNG and WebP through libvips. Safe to call from several threads.</summary>
public static unsafe class Images
{
    /// <summary>Width and height in pixels, after the orientation in the file's metadata.</summary>
    public static (int Width, int Height) Size(string path)
    {
        Check(path, KernelMethods.bif_image_size(path, out var width, out var height));
        return (width, height);
    }

    /// <summary>
    /// Decodes into planar [channels, height, width] bytes. An image that already has the wanted size is not resampled.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="channels">3 for sRGB, 1 for grey.</param>
    /// <param name="resizeShorterEdge">Pixels of the shorter edge after resizing (Lanczos), or null.</param>
    /// <param name="cropSize">Side of the square taken from the centre, or null.</param>
    /// <param name="destination">Exactly channels × height × width bytes.</param>
    /// <exception cref="ImageException">It does not decode, or has another size than the destination.</exception>
    public static void Decode(string path, int channels, int? resizeShorterEdge, int? cropSize, Span<byte> destination)
    {
        fixed (byte* first = destination)
        {
            Check(path, KernelMethods.bif_image_decode(
                path, channels, resizeShorterEdge ?? 0, cropSize ?? 0, first, destination.Length));
        }
    }

    private static void Check(string path, int code)
    {
        if (code != 0)
        {
            throw new ImageException($"{path} cannot be used as an image: {KernelMethods.LastError}.");
        }
    }
}
