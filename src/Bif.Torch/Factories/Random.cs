using Bif.Native;

namespace TorchSharp;

// Random whole numbers and orders, from a generator or the device's default one.
public static partial class torch
{
    /// <summary>Whole numbers from low to high - 1; int64 unless asked otherwise.</summary>
    public static Tensor randint(long low, long high, long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null) => Create("aten::randint.low_generator", requires_grad, low, high, size, generator, dtype ?? ScalarType.Int64, Argument.None, device);
    public static Tensor randint(long high, long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null) => randint(0, high, size, dtype, device, requires_grad, generator);

    /// <summary>The numbers 0 to n - 1 in random order; int64 unless asked otherwise.</summary>
    public static Tensor randperm(long n, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null) => Create("aten::randperm.generator", requires_grad, n, generator, dtype ?? ScalarType.Int64, Argument.None, device);
    public static Tensor normal(double mean, double std, ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null) => Create("aten::normal.float_float", requires_grad, mean, std, size.ToArray(), generator, dtype, Argument.None, device);
    public static Tensor multinomial(Tensor input, long num_samples, bool replacement = false, Generator? generator = null) => input.multinomial(num_samples, replacement, generator);
}
