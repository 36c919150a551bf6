using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Bif.Native;

/// <summary>An argument or result of an operator, as bif::Value lays it out.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeValue
{
    public ValueKind Kind;

    /// <summary>An integer, the bits of a real number, a device's type, or an address.</summary>
    public long Payload;

    /// <summary>Elements of a list, or a device's index.</summary>
    public long Count;

    /// <summary>Compares this layout with the native library's.</summary>
    /// <exception cref="DllNotFoundException">They differ: the library belongs to another build.</exception>
    public static unsafe void VerifyLayout()
    {
        long* native = stackalloc long[5];
        NativeMethods.bif_value_layout(native);
        var value = default(NativeValue);
        var start = (byte*)&value;
        long[] managed =
        [
            Unsafe.SizeOf<NativeValue>(), (byte*)&value.Kind - start, (byte*)&value.Payload - start, (byte*)&value.Count - start,
            (long)ValueKind.Generator + 1,
        ];
        if (!managed.AsSpan().SequenceEqual(new ReadOnlySpan<long>(native, 5)))
        {
            throw new DllNotFoundException(
                $"{NativeLoader.FilePath} lays out arguments as ({string.Join(", ", new ReadOnlySpan<long>(native, 5).ToArray())}), this "
                + $"program as ({string.Join(", ", managed)}): they belong to different builds of Bif; run ./bif build.");
        }
    }
}

/// <summary>What a <see cref="NativeValue"/> holds; the numbers are the native side's.</summary>
internal enum ValueKind : long
{
    None, Tensor, Integer, Real, Boolean, Integers, Reals, Tensors, Text, Default, Device, OptionalTensors, Generator,
}
