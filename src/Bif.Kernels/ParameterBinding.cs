using Bif.Native;
using static TorchSharp.torch;

namespace Bif.Kernels;

/// <summary>Makes the parameters of a loaded module live in one flat vector, and their gradients in another.</summary>
public static class ParameterBinding
{
    /// <summary>
    /// Makes <paramref name="parameter"/> use the memory of <paramref name="view"/> (same shape, type and device). It stays
    /// the same parameter: the TorchScript module that owns it computes with the view's values from then on.
    /// </summary>
    /// <exception cref="KernelException">Shape, type or device differ, or the parameter is no leaf.</exception>
    public static void ShareMemory(Tensor parameter, Tensor view)
    {
        KernelMethods.Check(KernelMethods.bif_parameter_share(parameter.Handle, view.Handle));
        GC.KeepAlive(parameter);
        GC.KeepAlive(view);
    }

    /// <summary>
    /// Makes backward passes add the gradient of <paramref name="parameter"/> into <paramref name="gradientView"/>, in
    /// place, for as long as nothing sets <c>parameter.grad</c>; sets <c>requires_grad</c>.
    /// </summary>
    public static void AccumulateGradient(Tensor parameter, Tensor gradientView)
    {
        KernelMethods.Check(KernelMethods.bif_parameter_gradient(parameter.Handle, gradientView.Handle, 1));
        GC.KeepAlive(parameter);
        GC.KeepAlive(gradientView);
    }

    /// <summary>Removes the gradient of <paramref name="parameter"/> and stops computing it.</summary>
    public static void Freeze(Tensor parameter)
    {
        KernelMethods.Check(KernelMethods.bif_parameter_gradient(parameter.Handle, 0, 0));
        GC.KeepAlive(parameter);
    }
}
