using Bif.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Operators build no graph until disposed; this thread only.</summary>
    public static IDisposable no_grad() => new GradModeGuard(false);

    /// <summary>Operators build a graph until disposed; this thread only.</summary>
    public static IDisposable enable_grad(bool enabled = true) => new GradModeGuard(enabled);

    /// <summary>Sets whether operators build a graph until disposed; this thread only.</summary>
    public static IDisposable set_grad_enabled(bool mode = true) => new GradModeGuard(mode);

    /// <summary>No graph and no version counting: the fastest forward passes; this thread only.</summary>
    public static IDisposable inference_mode(bool mode = true) => new InferenceGuard(mode);

    private sealed class GradModeGuard(bool on) : IDisposable
    {
        private readonly int _before = NativeMethods.bif_set_grad_mode(on ? 1 : 0);

        public void Dispose() => _ = NativeMethods.bif_set_grad_mode(_before);
    }

    private sealed class InferenceGuard(bool on) : IDisposable
    {
        private nint _guard = NativeMethods.bif_inference_begin(on ? 1 : 0);

        public void Dispose()
        {
            NativeMethods.bif_inference_end(_guard);
            _guard = 0;
        }
    }
}
