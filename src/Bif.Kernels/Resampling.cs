namespace Bif.Kernels;

/// <summary>How an image is resampled; both are antialiased. The values are libvips' kernels.</summary>
public enum Resampling
{
    /// <summary>The triangle filter, which image models' evaluation transforms use (torchvision's default).</summary>
    Bilinear = 1,

    /// <summary>Lanczos with three lobes: sharper, for pictures that people look at.</summary>
    Lanczos = 5,
}
