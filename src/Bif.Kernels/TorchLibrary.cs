using System.Diagnostics;
using System.Runtime.InteropServices;
using Bif.Native;
using static TorchSharp.torch;

namespace Bif.Kernels;

/// <summary>The libtorch that is loaded.</summary>
public static class TorchLibrary
{
    /// <summary>Its version, as "1.13.1".</summary>
    public static string Version => Marshal.PtrToStringUTF8(KernelMethods.bif_torch_version())!;

    /// <summary>How it was built.</summary>
    public static string Configuration => Marshal.PtrToStringUTF8(KernelMethods.bif_torch_show_config())!;

    /// <summary>The kernels that OpenBLAS uses ("SkylakeX", "Haswell", …); null with another BLAS.</summary>
    public static string? OpenBlasCore => Marshal.PtrToStringUTF8(KernelMethods.bif_openblas_core());

    /// <summary>The native library's file.</summary>
    public static string NativeFile => NativeLoader.FilePath;

    /// <summary>Lets a GPU compute float32 products and convolutions in TF32, or not; libtorch by itself would for convolutions.</summary>
    public static void AllowTf32(bool allowed) => (backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32) = (allowed, allowed);

    /// <summary>Measured float32 matrix rate in GFLOP/s; below about 20 per core means no optimised BLAS.</summary>
    public static double MatrixRate(Device device)
    {
        using var scope = NewDisposeScope();
        var size = device.type == TorchSharp.DeviceType.CPU ? 1024L : 8192L; // large enough to hide a GPU's launch
        var left = randn([size, size], device: device);
        var right = randn([size, size], device: device);
        var best = double.PositiveInfinity;
        for (var round = 0; round < 4; round++)
        {
            using var inner = NewDisposeScope();
            var start = Stopwatch.GetTimestamp();
            _ = left.matmul(right).sum().item<float>();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return 2e-9 * size * size * size / best;
    }
}
