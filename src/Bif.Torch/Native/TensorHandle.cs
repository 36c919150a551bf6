using System.Runtime.InteropServices;

namespace Bif.Native;

/// <summary>Owns an at::Tensor on the native heap.</summary>
internal sealed class TensorHandle : SafeHandle
{
    private static long _live;

    /// <summary>Takes ownership of a handle.</summary>
    public TensorHandle(nint pointer) : base(0, ownsHandle: true)
    {
        SetHandle(pointer);
        Interlocked.Increment(ref _live);
    }

    /// <summary>Handles not yet released in this process; what a leak test watches.</summary>
    public static long Live => Interlocked.Read(ref _live);

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        NativeMethods.bif_tensor_release(handle);
        Interlocked.Decrement(ref _live);
        return true;
    }
}
