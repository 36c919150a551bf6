using Bif.Kernels;
using static TorchSharp.torch;

namespace Bif.Engine.Curvature;

/// <summary>
/// Products with a random matrix Ω [P, width]. Of up to <see cref="Buckets"/> parameters its entries are normals; of
/// more they are folded into so many buckets with random signs, and the buckets take the normals (a count sketch and a Gaussian one
/// behind it: Clarkson and Woodruff 2013), for a fraction of the memory and of the work.
/// </summary>
internal sealed class RandomSketch : IDisposable
{
    /// <summary>Parameters up to which Ω is Gaussian, and buckets of more: many times the directions that are looked for.</summary>
    public const int Buckets = 1 << 14;

    private readonly Tensor _normals;
    private readonly Tensor? _signs;

    /// <summary>Draws Ω.</summary>
    /// <param name="width">Columns.</param>
    /// <param name="like">A vector [P] of its device.</param>
    /// <param name="seed">What it follows from.</param>
    public RandomSketch(int width, Tensor like, ulong seed)
    {
        using var scope = NewDisposeScope();
        _normals = empty([width, Math.Min(Buckets, like.numel())], device: like.device).DetachFromDisposeScope();
        LangevinStep.Normals(_normals, seed, uint.MaxValue, PhiloxPurpose.Curvature, 1);
        if (like.numel() > Buckets)
        {
            var noise = empty_like(like);
            LangevinStep.Normals(noise, seed, uint.MaxValue, PhiloxPurpose.Curvature, 2);
            _signs = noise.sign().DetachFromDisposeScope();
        }
    }

    /// <summary>rows · Ω [r, width], in the caller's scope.</summary>
    /// <param name="rows">[r, P].</param>
    public Tensor Of(Tensor rows)
    {
        using var noGradient = no_grad();
        return _signs is null ? rows.matmul(_normals.transpose(0, 1)) : Folded(rows, _signs).matmul(_normals.transpose(0, 1));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _normals.Dispose();
        _signs?.Dispose();
    }

    private static Tensor Folded(Tensor rows, Tensor signs)
    {
        var folded = zeros([rows.shape[0], Buckets], device: rows.device);
        for (long start = 0; start < signs.shape[0]; start += Buckets)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(Buckets, signs.shape[0] - start);
            folded.narrow(1, 0, count).addcmul_(rows.narrow(1, start, count), signs.narrow(0, start, count), 1);
        }

        return folded;
    }
}
