using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Bif.Native;

namespace TorchSharp;

// Tensors over the memory of a C# array: nothing is copied, the array stays pinned until the last tensor is released.
public static partial class torch
{
    /// <summary>A tensor of the array's shape (any number of dimensions) that shares its memory, or a converted copy.</summary>
    public static Tensor from_array(Array rawArray, ScalarType? dtype, Device? device = null, bool requires_grad = false)
    {
        var shape = Enumerable.Range(0, rawArray.Rank).Select(rawArray.GetLongLength).ToArray();
        var over = Over(rawArray, ElementTypes.Of(rawArray.GetType().GetElementType()!), 0, shape);
        return Place(over, dtype, device, requires_grad);
    }

    /// <inheritdoc cref="from_array(Array, ScalarType?, Device, bool)"/>
    public static Tensor from_array(Array rawArray, Device? device = null) => from_array(rawArray, null, device);

    /// <summary>
    /// <paramref name="count"/> elements of a type from byte <paramref name="offset"/> of a one-dimensional array on, sharing
    /// its memory; -1: as many as there are.
    /// </summary>
    public static Tensor frombuffer(Array rawArray, ScalarType dtype, long count = -1, long offset = 0, bool requires_grad = false)
    {
        var size = ElementTypes.Size(dtype);
        var available = Buffer.ByteLength(rawArray) - offset;
        if (offset < 0 || available < 0 || count < -1 || count * size > available || (count < 0 && available % size != 0))
        {
            throw new ArgumentException(
                $"A buffer of {Buffer.ByteLength(rawArray)} bytes does not hold {(count < 0 ? "whole" : count)} elements of {dtype} from byte {offset} on.");
        }

        return Place(Over(rawArray, dtype, offset, [count < 0 ? available / size : count]), null, null, requires_grad);
    }

    private static unsafe Tensor Over(Array array, ScalarType type, long offset, long[] shape)
    {
        var pin = GCHandle.Alloc(array, GCHandleType.Pinned);
        var data = (byte*)pin.AddrOfPinnedObject() + offset;
        fixed (long* sizes = shape)
        {
            var code = NativeMethods.bif_tensor_over(data, (int)type, sizes, shape.Length, &Unpin, GCHandle.ToIntPtr(pin), out var handle);
            if (code != 0)
            {
                pin.Free();
            }

            NativeMethods.Check(code);
            return new Tensor(handle);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Unpin(nint pin) => GCHandle.FromIntPtr(pin).Free();

    // Moves a new tensor to where and what was asked for; the first one is disposed if that makes another.
    private static Tensor Place(Tensor created, ScalarType? dtype, Device? device, bool requiresGrad)
    {
        if ((dtype is { } type && type != created.dtype) || device is { type: not DeviceType.CPU })
        {
            using var source = created;
            created = Operator.Call("aten::to.device", source, device ?? CPU, dtype ?? source.dtype);
        }

        return requiresGrad ? created.requires_grad_() : created;
    }
}
