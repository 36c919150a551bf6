using Bif.Native;

namespace TorchSharp;

public static partial class torch
{
    public static Tensor zeros(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Create("aten::zeros", requires_grad, size, dtype, Argument.None, device);
    public static Tensor zeros(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => zeros([size], dtype, device, requires_grad);
    public static Tensor ones(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Create("aten::ones", requires_grad, size, dtype, Argument.None, device);
    public static Tensor ones(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => ones([size], dtype, device, requires_grad);
    public static Tensor empty(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Create("aten::empty.memory_format", requires_grad, size, dtype, Argument.None, device);
    public static Tensor empty(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => empty([size], dtype, device, requires_grad);
    public static Tensor full(long[] size, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Create("aten::full", requires_grad, size, value, dtype ?? ScalarType.Float32, Argument.None, device);
    public static Tensor randn(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Create("aten::randn", requires_grad, size, dtype, Argument.None, device);
    public static Tensor rand(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Create("aten::rand", requires_grad, size, dtype, Argument.None, device);
    public static Tensor arange(Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Create("aten::arange", requires_grad, stop, dtype, Argument.None, device);
    public static Tensor eye(long rows, long columns = -1L, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Create("aten::eye.m", requires_grad, rows, columns < 0 ? rows : columns, dtype, Argument.None, device);
    public static Tensor zeros_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Create("aten::zeros_like", requires_grad, input, dtype, Argument.None, device);
    public static Tensor ones_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Create("aten::ones_like", requires_grad, input, dtype, Argument.None, device);
    public static Tensor empty_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Create("aten::empty_like", requires_grad, input, dtype, Argument.None, device);
    public static Tensor full_like(Tensor input, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Create("aten::full_like", requires_grad, input, value, dtype, Argument.None, device);
    public static Tensor randn_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Create("aten::randn_like", requires_grad, input, dtype, Argument.None, device);

    public static Tensor tensor(IList<float> rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => FromArray(rawArray.ToArray(), ScalarType.Float32, [rawArray.Count], dtype, device, requires_grad);
    public static Tensor tensor(IList<double> rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => FromArray(rawArray.ToArray(), ScalarType.Float64, [rawArray.Count], dtype, device, requires_grad);
    public static Tensor tensor(IList<long> rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => FromArray(rawArray.ToArray(), ScalarType.Int64, [rawArray.Count], dtype, device, requires_grad);
    public static Tensor tensor(IList<int> rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => FromArray(rawArray.ToArray(), ScalarType.Int32, [rawArray.Count], dtype, device, requires_grad);
    public static Tensor tensor(IList<byte> rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => FromArray(rawArray.ToArray(), ScalarType.Byte, [rawArray.Count], dtype, device, requires_grad);
    public static Tensor tensor(float[] dataArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => FromArray(dataArray, ScalarType.Float32, dimensions.ToArray(), dtype, device, requires_grad);
    public static Tensor tensor(double[] dataArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => FromArray(dataArray, ScalarType.Float64, dimensions.ToArray(), dtype, device, requires_grad);
    public static Tensor tensor(long[] dataArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => FromArray(dataArray, ScalarType.Int64, dimensions.ToArray(), dtype, device, requires_grad);
    public static Tensor tensor(byte[] dataArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => FromArray(dataArray, ScalarType.Byte, dimensions.ToArray(), dtype, device, requires_grad);

    /// <summary>Threads inside operators, for the calling thread.</summary>
    public static void set_num_threads(int num) => NativeMethods.Check(NativeMethods.bif_set_num_threads(num));

    /// <summary>Threads inside operators, for the calling thread.</summary>
    public static int get_num_threads() => NativeMethods.bif_get_num_threads();

    private static Tensor Create(string name, bool requiresGrad, params ReadOnlySpan<Argument> arguments)
    {
        var created = Operator.Call(name, arguments);
        return requiresGrad ? created.requires_grad_() : created;
    }

    private static unsafe Tensor FromArray<T>(T[] data, ScalarType type, long[] shape, ScalarType? wanted, Device? device, bool requiresGrad)
        where T : unmanaged
    {
        if (shape.Aggregate(1L, (product, size) => product * size) != data.Length)
        {
            throw new ArgumentException($"{data.Length} values do not fill the shape [{string.Join(", ", shape)}].");
        }

        Tensor created;
        fixed (T* first = data)
        fixed (long* sizes = shape)
        {
            NativeMethods.Check(NativeMethods.bif_tensor_from_data(first, (int)type, sizes, shape.Length, out var handle));
            created = new Tensor(handle);
        }

        if ((wanted is { } other && other != type) || device is { type: not DeviceType.CPU })
        {
            using var source = created;
            created = Operator.Call("aten::to.device", source, device ?? CPU, wanted ?? type);
        }

        return requiresGrad ? created.requires_grad_() : created;
    }
}
