using System.Runtime.InteropServices;

namespace Bif.Engine.Attribution;

/// <summary>Zeroed float32 memory outside the garbage collector, aligned to a cache line for vector loads.</summary>
internal sealed unsafe class AlignedFloats : IDisposable
{
    private const int CacheLine = 64;

    /// <summary>Allocates and zeroes.</summary>
    public AlignedFloats(long length)
    {
        Length = length;
        Pointer = (float*)NativeMemory.AlignedAlloc((nuint)length * sizeof(float), CacheLine);
        Clear();
    }

    /// <summary>The first element.</summary>
    public float* Pointer { get; private set; }

    /// <summary>Number of elements.</summary>
    public long Length { get; }

    /// <summary>Sets all elements to zero.</summary>
    public void Clear() => NativeMemory.Clear(Pointer, (nuint)Length * sizeof(float));

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(Pointer);
        Pointer = null;
    }
}
