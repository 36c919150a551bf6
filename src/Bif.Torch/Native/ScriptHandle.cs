using System.Runtime.InteropServices;

namespace Bif.Native;

/// <summary>Owns a torch::jit::Module on the native heap.</summary>
internal sealed class ScriptHandle : SafeHandle
{
    /// <summary>Takes ownership of a handle.</summary>
    public ScriptHandle(nint pointer) : base(0, ownsHandle: true) => SetHandle(pointer);

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        NativeMethods.bif_jit_release(handle);
        return true;
    }
}
