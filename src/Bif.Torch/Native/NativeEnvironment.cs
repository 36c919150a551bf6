using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Bif.Native;

/// <summary>
/// Environment variables that libraries below libtorch read once, when they are loaded. .NET keeps an environment of its own,
/// so they are set in the C library's; what the person set stays.
/// </summary>
internal static partial class NativeEnvironment
{
    /// <summary>
    /// The OpenBLAS kernels for this processor, or null where they make no difference. An OpenBLAS older than the processor
    /// takes its plainest ones, at a fifth of the speed; these serve every processor with the instructions.
    /// </summary>
    public static string? OpenBlasCore => Avx512F.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported && Avx512F.VL.IsSupported ? "SkylakeX"
        : Avx2.IsSupported && Fma.IsSupported ? "Haswell"
        : null;

    // MKL (PyTorch's own builds have it) otherwise rounds by where memory happens to begin: no run would be repeated bit for bit.
    private static string? MklReproducibility => Avx512F.IsSupported ? "AVX512,STRICT" : Avx2.IsSupported ? "AVX2,STRICT" : null;

    /// <summary>Sets what is not set; call before libtorch is loaded.</summary>
    public static void Prepare()
    {
        if (OpenBlasCore is { } core)
        {
            SetDefault("OPENBLAS_CORETYPE", core);
        }

        if (MklReproducibility is { } branch)
        {
            SetDefault("MKL_CBWR", branch);
        }

        // Waiting threads of operators give the core back soon: on a machine with other work, spinning costs far more.
        SetDefault("GOMP_SPINCOUNT", "20000");

        // A fault's frame holds all registers of its thread. With those of matrix tiles (AMX) it leaves no room on .NET's signal
        // stack of 12 KiB, and the next null reference on the thread ends the process without a word. oneDNN does without tiles.
        SetDefault("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_BF16");
    }

    private static void SetDefault(string name, string value) => setenv(name, value, overwrite: 0);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int setenv(string name, string value, int overwrite);
}
