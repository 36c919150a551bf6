using System.Runtime.InteropServices;

namespace Bif.Native;

/// <summary>An argument or result of an operator, as the native side lays it out (24 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeValue
{
    public long Kind;
    public long Payload;
    public long Count;
}

/// <summary>What a <see cref="NativeValue"/> holds; the numbers are the native side's.</summary>
internal enum ValueKind : long
{
    None, Tensor, Integer, Real, Boolean, Integers, Reals, Tensors, Text, Default, Device, OptionalTensors,
}
