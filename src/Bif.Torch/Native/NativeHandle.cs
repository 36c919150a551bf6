using System.Runtime.InteropServices;

namespace Bif.Native;

/// <summary>Base of the owners of native objects; released once, at the latest by the finalizer.</summary>
internal abstract class NativeHandle : SafeHandle
{
    /// <summary>Takes ownership.</summary>
    protected NativeHandle(nint pointer) : base(0, ownsHandle: true) => SetHandle(pointer);

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>The native object.</summary>
    /// <exception cref="ObjectDisposedException">It was released.</exception>
    public nint Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return handle;
        }
    }
}
