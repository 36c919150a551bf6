using Bif.Native;

namespace TorchSharp;

// Sequences, grids and the identity.
public static partial class torch
{
    /// <summary>start, start + step, ... below stop; int64 where all three are whole numbers, else float32.</summary>
    public static Tensor arange(Scalar start, Scalar stop, Scalar step, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Create("aten::arange.start_step", requires_grad, start, stop, step, dtype, Argument.None, device);
    public static Tensor arange(Scalar start, Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => arange(start, stop, 1, dtype, device, requires_grad);
    public static Tensor arange(Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => arange(0, stop, 1, dtype, device, requires_grad);
    public static Tensor linspace(double start, double end, long steps, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Create("aten::linspace", requires_grad, start, end, steps, dtype, Argument.None, device);
    public static Tensor eye(long rows, long columns = -1L, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Create("aten::eye.m", requires_grad, rows, columns < 0 ? rows : columns, dtype, Argument.None, device);
}
