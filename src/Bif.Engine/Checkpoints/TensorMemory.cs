using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Bif.Engine.Checkpoints;

/// <summary>The values of a float32 tensor in the host's memory, where they lie: large ones are written to files without a copy.</summary>
/// <param name="tensor">Contiguous, on the CPU; it must outlive this.</param>
internal sealed class TensorMemory(Tensor tensor) : MemoryManager<float>
{
    /// <inheritdoc/>
    public override Span<float> GetSpan() => MemoryMarshal.Cast<byte, float>(tensor.bytes);

    /// <inheritdoc/>
    public override unsafe MemoryHandle Pin(int elementIndex = 0)
        => new(Unsafe.AsPointer(ref GetSpan()[elementIndex]), pinnable: this);

    /// <inheritdoc/>
    public override void Unpin()
    {
        // A tensor's memory does not move.
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }
}
