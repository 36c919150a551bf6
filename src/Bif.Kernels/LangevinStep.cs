using Bif.Native;
using static TorchSharp.torch;

namespace Bif.Kernels;

/// <summary>
/// The fused Langevin steps: one pass over contiguous float32 vectors [P], multi-threaded, with noise that follows from
/// (seed, chain, step) alone. Formulas: docs/how-it-works.md and arXiv 2509.26544.
/// </summary>
public static class LangevinStep
{
    /// <summary>w ← w − (ε/2)·(nβ·g + γ·(w − w*)) + √ε·ξ, in place.</summary>
    /// <param name="position">w [P].</param>
    /// <param name="gradient">g [P], the mean gradient.</param>
    /// <param name="center">w* [P].</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="nbeta">nβ.</param>
    /// <param name="gamma">γ.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="chain">Index of the chain, below 2²⁴.</param>
    /// <param name="step">Number of the step.</param>
    /// <param name="clearGradient">Sets the gradient to zero in the same pass.</param>
    public static void Sgld(
        Tensor position, Tensor gradient, Tensor center, double epsilon, double nbeta, double gamma,
        ulong seed, uint chain, ulong step, bool clearGradient = false)
    {
        KernelMethods.Check(KernelMethods.bif_langevin_sgld(
            position.Handle, gradient.Handle, center.Handle, epsilon, nbeta, gamma, seed, chain, step, clearGradient ? 1 : 0));
        GC.KeepAlive(position);
        GC.KeepAlive(gradient);
        GC.KeepAlive(center);
    }

    /// <summary>
    /// v ← a·v + (1−a)·g²; ε_t = ε/(√v̂ + e); w ← w − (ε_t/2)·(nβ·g + γ·(w − w*)) + √ε_t·ξ, in place. With bias
    /// correction v̂ = v/(1−a^(t+1)), else v̂ = v. At a = 1 no moment is collected and v̂ is 0, so that e = 1 gives SGLD.
    /// </summary>
    public static void Rmsprop(
        Tensor position, Tensor gradient, Tensor center, Tensor secondMoment, double epsilon, double nbeta, double gamma,
        double decay, double stabilizer, bool biasCorrection, ulong seed, uint chain, ulong step, bool clearGradient = false)
    {
        KernelMethods.Check(KernelMethods.bif_langevin_rmsprop(
            position.Handle, gradient.Handle, center.Handle, secondMoment.Handle, epsilon, nbeta, gamma, decay, stabilizer,
            Correction(decay, biasCorrection, step), seed, chain, step, clearGradient ? 1 : 0));
        GC.KeepAlive(position);
        GC.KeepAlive(gradient);
        GC.KeepAlive(center);
        GC.KeepAlive(secondMoment);
    }

    /// <summary>Fills a float32 vector with the standard normals of (seed, chain, purpose, step).</summary>
    public static void Normals(Tensor destination, ulong seed, uint chain, PhiloxPurpose purpose, ulong step)
    {
        KernelMethods.Check(KernelMethods.bif_normals(destination.Handle, seed, chain, (uint)purpose, step));
        GC.KeepAlive(destination);
    }

    /// <summary>The twin of <see cref="Sgld"/> from tensor operators and the managed noise; returns the new position.</summary>
    public static Tensor SgldComposed(
        Tensor position, Tensor gradient, Tensor center, double epsilon, double nbeta, double gamma, ulong seed, uint chain, ulong step)
    {
        var noise = ManagedNormals(position, seed, chain, step);
        return position - (((gradient * nbeta) + ((position - center) * gamma)) * (epsilon / 2)) + (noise * Math.Sqrt(epsilon));
    }

    /// <summary>The twin of <see cref="Rmsprop"/>; returns the new position and second moment.</summary>
    public static (Tensor Position, Tensor SecondMoment) RmspropComposed(
        Tensor position, Tensor gradient, Tensor center, Tensor secondMoment, double epsilon, double nbeta, double gamma,
        double decay, double stabilizer, bool biasCorrection, ulong seed, uint chain, ulong step)
    {
        var noise = ManagedNormals(position, seed, chain, step);
        var moment = (secondMoment * decay) + (gradient.square() * (1 - decay));
        var steps = (((moment * Correction(decay, biasCorrection, step)).sqrt() + stabilizer).pow(-1)) * epsilon;
        var force = (gradient * nbeta) + ((position - center) * gamma);
        return (position - (steps * 0.5 * force) + (steps.sqrt() * noise), moment);
    }

    private static Tensor ManagedNormals(Tensor like, ulong seed, uint chain, ulong step)
    {
        var noise = new float[like.numel()];
        Philox.Normals(noise, seed, chain, PhiloxPurpose.Noise, step);
        return tensor(noise);
    }

    // What v is multiplied by to give v̂.
    private static double Correction(double decay, bool biasCorrection, ulong step)
        => decay >= 1 ? 0 : biasCorrection ? 1 / (1 - Math.Pow(decay, step + 1.0)) : 1;
}
