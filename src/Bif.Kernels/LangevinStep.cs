using Bif.Native;
using static TorchSharp.torch;

namespace Bif.Kernels;

/// <summary>
/// The fused Langevin steps: one pass over contiguous float32 vectors [P] on one device, multi-threaded on the CPU as
/// libtorch's thread count of the calling thread says. The noise ξ is <see cref="Philox.Normals"/> of
/// (seed, chain, <see cref="PhiloxPurpose.Noise"/>, step); positions are the same bits for any number of threads and any
/// processor, and on CUDA.
/// </summary>
/// <remarks>
/// Formulas: arXiv 2509.26544. Every method throws <see cref="KernelException"/> for vectors that are not float32,
/// contiguous, of equal length and on one device, and for a device without a kernel.
/// </remarks>
public static partial class LangevinStep
{
    /// <summary>w ← w − (ε/2)·(nβ·g + γ·(w − w*)) + √ε·ξ, in place.</summary>
    /// <param name="position">w [P], updated.</param>
    /// <param name="gradient">g [P], the gradient of the mean loss.</param>
    /// <param name="center">w* [P].</param>
    /// <param name="epsilon">ε, step size.</param>
    /// <param name="nbeta">nβ, multiplies the mean loss.</param>
    /// <param name="gamma">γ, precision of the tie to w*.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="chain">Number of the chain.</param>
    /// <param name="step">Number of the step in its chain from 0, below 2⁴⁸.</param>
    /// <param name="clearGradient">Sets g to zero in the same pass, for the next backward to add to.</param>
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
    /// v ← a·v + (1−a)·g²; ε_t = ε/(√v̂ + e); w ← w − (ε_t/2)·(nβ·g + γ·(w − w*)) + √ε_t·ξ, in place. The gradient in v is
    /// not multiplied by nβ.
    /// </summary>
    /// <remarks>
    /// Two variants are published, and both are this method:
    /// v starting at 1 with <paramref name="biasCorrection"/>, v̂ = v/(1 − a^(t+1)) with t = <paramref name="step"/>, and
    /// v starting at 0 without it, v̂ = v.
    /// At a = 1 no gradient ever enters v and the correction divides by zero. v̂ estimates the mean of g², with no
    /// observation in it, so v̂ = 0 is what is computed there, in both variants: with e = 1 the step is then
    /// <see cref="Sgld"/> bit for bit.
    /// </remarks>
    /// <param name="position">w [P], updated.</param>
    /// <param name="gradient">g [P], the gradient of the mean loss.</param>
    /// <param name="center">w* [P].</param>
    /// <param name="secondMoment">v [P], updated.</param>
    /// <param name="epsilon">ε, step size.</param>
    /// <param name="nbeta">nβ, multiplies the mean loss.</param>
    /// <param name="gamma">γ, precision of the tie to w*.</param>
    /// <param name="decay">a in [0, 1].</param>
    /// <param name="stabilizer">e, keeps ε_t finite where gradients vanish.</param>
    /// <param name="biasCorrection">Whether v̂ is v/(1 − a^(t+1)) or v.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="chain">Number of the chain.</param>
    /// <param name="step">Number t of the step in its chain from 0, below 2⁴⁸.</param>
    /// <param name="clearGradient">Sets g to zero in the same pass, for the next backward to add to.</param>
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

    /// <summary>
    /// One step of underdamped Langevin dynamics at unit mass by the BAOAB splitting, in coordinates x with w = w* + s·x for
    /// a diagonal s: kick v ← v − κ·s·(nβ·g + γ·(w − w*)), half a drift w ← w + (h/2)·s·v, friction and noise
    /// v ← c·v + √(1 − c²)·ξ with c = e^(−f·h), half a drift; in place. The half kicks either side of a gradient are one,
    /// so κ = h, except at a chain's first step, where κ = h/2.
    /// </summary>
    /// <remarks>Leimkuhler and Matthews, Appl. Math. Res. Express 2013: with a force linear in w the positions have the exact
    /// variance for every stable h. Stable iff h²·k·s² &lt; 4 in a direction of posterior precision k.</remarks>
    /// <param name="position">w [P], updated.</param>
    /// <param name="velocity">v [P], updated.</param>
    /// <param name="gradient">g [P], the gradient of the mean loss.</param>
    /// <param name="center">w* [P]; null for 0.</param>
    /// <param name="scale">s [P]; null for 1.</param>
    /// <param name="stepSize">h.</param>
    /// <param name="friction">f, per unit of time.</param>
    /// <param name="nbeta">nβ, multiplies the mean loss.</param>
    /// <param name="gamma">γ, precision of the tie to w*.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="chain">Number of the chain.</param>
    /// <param name="step">Number of the step in its chain from 0, below 2⁴⁸.</param>
    /// <param name="clearGradient">Sets g to zero in the same pass, for the next backward to add to.</param>
    public static void Baoab(
        Tensor position, Tensor velocity, Tensor gradient, Tensor? center, Tensor? scale, double stepSize, double friction,
        double nbeta, double gamma, ulong seed, uint chain, ulong step, bool clearGradient = false)
    {
        var keep = Math.Exp(-friction * stepSize);
        KernelMethods.Check(KernelMethods.bif_langevin_baoab(
            position.Handle, velocity.Handle, gradient.Handle, center?.Handle ?? 0, scale?.Handle ?? 0,
            step == 0 ? stepSize / 2 : stepSize, stepSize / 2, nbeta, gamma, keep, Math.Sqrt(1 - (keep * keep)),
            seed, chain, step, clearGradient ? 1 : 0));
        GC.KeepAlive(position);
        GC.KeepAlive(velocity);
        GC.KeepAlive(gradient);
        GC.KeepAlive(center);
        GC.KeepAlive(scale);
    }

    /// <summary>Fills a contiguous float32 tensor, in memory order, with the standard normals of a stream.</summary>
    public static void Normals(Tensor destination, ulong seed, uint chain, PhiloxPurpose purpose, ulong step)
    {
        KernelMethods.Check(KernelMethods.bif_normals(destination.Handle, seed, chain, step, (uint)purpose));
        GC.KeepAlive(destination);
    }

    // v̂/v.
    private static double Correction(double decay, bool biasCorrection, ulong step) => decay >= 1 ? 0
        : biasCorrection ? 1 / (1 - Math.Pow(decay, step + 1.0))
        : 1;
}
