using Bif.Native;
using static TorchSharp.torch;

namespace Bif.Kernels;

/// <summary>Makes the parameters of a loaded module live in memory that we choose.</summary>
public static class ParameterBinding
{
    /// <summary>
    /// Makes <paramref name="parameter"/> use the memory of <paramref name="view"/> (same shape and type): every holder
    /// of the parameter, the module included, sees the view's values from then on.
    /// </summary>
    public static void ShareMemory(Tensor parameter, Tensor view)
    {
        KernelMethods.Check(KernelMethods.bif_tensor_share(parameter.Handle, view.Handle));
        GC.KeepAlive(parameter);
        GC.KeepAlive(view);
    }
}
