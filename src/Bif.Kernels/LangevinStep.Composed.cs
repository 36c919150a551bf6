using static TorchSharp.torch;

namespace Bif.Kernels;

/// <summary>The same steps from tensor operators and managed noise: slow, obvious, and equal up to rounding.</summary>
public static partial class LangevinStep
{
    /// <summary>The twin of <see cref="Sgld"/>; returns the new position and changes nothing.</summary>
    public static Tensor SgldComposed(
        Tensor position, Tensor gradient, Tensor center, double epsilon, double nbeta, double gamma, ulong seed, uint chain, ulong step)
    {
        using var scope = NewDisposeScope();
        var drift = (gradient * nbeta) + ((position - center) * gamma);
        var noise = ManagedNoise(position, seed, chain, step);
        return (position - (drift * (epsilon / 2)) + (noise * Math.Sqrt(epsilon))).MoveToOuterDisposeScope();
    }

    /// <summary>The twin of <see cref="Rmsprop"/>; returns the new position and second moment and changes nothing.</summary>
    public static (Tensor Position, Tensor SecondMoment) RmspropComposed(
        Tensor position, Tensor gradient, Tensor center, Tensor secondMoment, double epsilon, double nbeta, double gamma,
        double decay, double stabilizer, bool biasCorrection, ulong seed, uint chain, ulong step)
    {
        using var scope = NewDisposeScope();
        var moment = (secondMoment * decay) + (gradient * gradient * (1 - decay));
        var scale = (moment * Correction(decay, biasCorrection, step)).sqrt() + stabilizer;
        var epsilons = ones_like(scale) * epsilon / scale;
        var drift = (gradient * nbeta) + ((position - center) * gamma);
        var noise = ManagedNoise(position, seed, chain, step);
        var next = position - (epsilons * drift * 0.5) + (epsilons.sqrt() * noise);
        return (next.MoveToOuterDisposeScope(), moment.MoveToOuterDisposeScope());
    }

    private static Tensor ManagedNoise(Tensor like, ulong seed, uint chain, ulong step)
    {
        var noise = new float[like.numel()];
        Philox.Normals(noise, seed, chain, PhiloxPurpose.Noise, step);
        return tensor(noise, device: like.device).reshape(like.shape);
    }
}
