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

    /// <summary>The twin of <see cref="Baoab"/>; returns the new position and velocity and changes nothing.</summary>
    public static (Tensor Position, Tensor Velocity) BaoabComposed(
        Tensor position, Tensor velocity, Tensor gradient, Tensor? center, Tensor? scale, double stepSize, double friction,
        double nbeta, double gamma, ulong seed, uint chain, ulong step)
    {
        using var scope = NewDisposeScope();
        var s = scale ?? ones_like(position);
        var keep = Math.Exp(-friction * stepSize);
        var force = (gradient * nbeta) + ((center is null ? position : position - center) * gamma);
        var kicked = velocity - (force * s * (step == 0 ? stepSize / 2 : stepSize));
        var half = position + (s * kicked * (stepSize / 2));
        var after = (kicked * keep) + (ManagedNoise(position, seed, chain, step) * Math.Sqrt(1 - (keep * keep)));
        return ((half + (s * after * (stepSize / 2))).MoveToOuterDisposeScope(), after.MoveToOuterDisposeScope());
    }

    private static Tensor ManagedNoise(Tensor like, ulong seed, uint chain, ulong step)
    {
        var noise = new float[like.numel()];
        Philox.Normals(noise, seed, chain, PhiloxPurpose.Noise, step);
        return tensor(noise, device: like.device).reshape(like.shape);
    }
}
