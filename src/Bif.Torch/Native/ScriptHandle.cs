namespace Bif.Native;

/// <summary>Owns a torch::jit::Module on the native heap.</summary>
internal sealed class ScriptHandle(nint pointer) : NativeHandle(pointer)
{
    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        NativeMethods.bif_jit_release(handle);
        return true;
    }
}
