using Bif.Kernels;
using static TorchSharp.torch;

namespace Bif.Engine.Training;

/// <summary>Random changes to a batch of images [batch, channels, height, width], from the seed and the step alone.</summary>
internal sealed class Augmentation
{
    private const int Padding = 4;
    private const int Hole = 8;
    private readonly bool _crop, _flip, _cutout;
    private readonly ulong _seed;

    /// <summary>Chooses the changes.</summary>
    /// <exception cref="InputException">A name is unknown.</exception>
    public Augmentation(IReadOnlyList<string> names, ulong seed)
    {
        if (names.FirstOrDefault(name => name is not ("crop" or "flip" or "cutout")) is { } unknown)
        {
            throw new InputException($"There is no augmentation \"{unknown}\": choose from crop, flip, cutout.");
        }

        _crop = names.Contains("crop");
        _flip = names.Contains("flip");
        _cutout = names.Contains("cutout");
        _seed = seed;
    }

    /// <summary>Changes the images of a step.</summary>
    public Tensor Apply(Tensor images, long step)
    {
        if (!_crop && !_flip && !_cutout)
        {
            return images;
        }

        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var stream = new PhiloxStream(_seed, 0, PhiloxPurpose.Augmentation, (ulong)step);
        var (height, width) = (images.shape[2], images.shape[3]);
        var padded = _crop ? nn.functional.pad(images, [Padding, Padding, Padding, Padding]) : images;
        var result = images.clone();
        for (var item = 0; item < images.shape[0]; item++)
        {
            using var inner = NewDisposeScope();
            var (top, left) = _crop ? (stream.NextInt((2 * Padding) + 1), stream.NextInt((2 * Padding) + 1)) : (0, 0);
            var source = padded.select(0, item).narrow(1, top, height).narrow(2, left, width);
            source = _flip && stream.NextInt(2) == 1 ? source.flip(2) : source;
            var target = result.select(0, item).copy_(source);
            if (_cutout && height > Hole && width > Hole)
            {
                target.narrow(1, stream.NextInt((int)height - Hole), Hole).narrow(2, stream.NextInt((int)width - Hole), Hole).zero_();
            }
        }

        return result.MoveToOuterDisposeScope();
    }
}
