namespace Bif.Native;

/// <summary>Owns an at::Tensor on the native heap.</summary>
internal sealed class TensorHandle : NativeHandle
{
    private static long _live;

    /// <summary>Takes ownership of a handle.</summary>
    public TensorHandle(nint pointer) : base(pointer) => Interlocked.Increment(ref _live);

    /// <summary>Handles not yet released in this process; what a leak test watches.</summary>
    public static long Live => Interlocked.Read(ref _live);

    /// <summary>Gives the native object away: this handle counts as released and frees nothing.</summary>
    public nint Release()
    {
        var pointer = Pointer;
        SetHandleAsInvalid();
        Interlocked.Decrement(ref _live);
        return pointer;
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        NativeMethods.bif_tensor_release(handle);
        Interlocked.Decrement(ref _live);
        return true;
    }
}
