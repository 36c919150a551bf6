namespace Bif.Native;

/// <summary>Owns an at::Generator on the native heap.</summary>
internal sealed class GeneratorHandle(nint pointer) : NativeHandle(pointer)
{
    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        NativeMethods.bif_generator_release(handle);
        return true;
    }
}
