using Bif.Native;

namespace TorchSharp;

// Modes of the calling thread; each lasts until the returned object is disposed on the same thread.
public static partial class torch
{
    /// <summary>Operators build no graph until disposed; this thread only.</summary>
    public static IDisposable no_grad() => new GradModeGuard(false);

    /// <summary>Operators build a graph until disposed; this thread only.</summary>
    public static IDisposable enable_grad(bool enabled = true) => new GradModeGuard(enabled);

    /// <summary>Sets whether operators build a graph until disposed; this thread only.</summary>
    public static IDisposable set_grad_enabled(bool mode = true) => new GradModeGuard(mode);

    /// <summary>No graph and no version counting until disposed: the fastest forward passes; this thread only.</summary>
    public static IDisposable inference_mode(bool mode = true) => new InferenceGuard(mode);

    /// <summary>Whether operators of this thread build a graph.</summary>
    public static bool is_grad_enabled() => NativeMethods.bif_get_grad_mode() != 0;

    /// <summary>Whether this thread is in inference mode.</summary>
    public static bool is_inference_mode_enabled() => NativeMethods.bif_get_inference_mode() != 0;

    private sealed class GradModeGuard : IDisposable
    {
        private readonly int _before = NativeMethods.bif_get_grad_mode();

        public GradModeGuard(bool on) => NativeMethods.bif_set_grad_mode(on ? 1 : 0);

        public void Dispose() => NativeMethods.bif_set_grad_mode(_before);
    }

    private sealed class InferenceGuard(bool on) : IDisposable
    {
        private nint _guard = NativeMethods.bif_inference_begin(on ? 1 : 0);

        public void Dispose() => NativeMethods.bif_inference_end(Interlocked.Exchange(ref _guard, 0));
    }
}
