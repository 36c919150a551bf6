using System.Diagnostics;
using Bif.Kernels;

namespace Bif.Cli.Tests;

/// <summary>
/// The device of tests/native/second_device.cpp, built here: a "cuda:0" whose memory the host cannot touch. It is made for
/// libtorch 1.13, and of no use where there is a GPU.
/// </summary>
internal static class SecondDevice
{
    private static readonly Lazy<string> Library = new(Build);

    /// <summary>Why it cannot be used here; null where it can.</summary>
    public static string? WhyNot { get; }
        = !TorchSharp.torch.__version__.StartsWith("1.13", StringComparison.Ordinal) ? $"the second device is made for libtorch 1.13, not {TorchSharp.torch.__version__}"
            : TorchSharp.torch.cuda.is_available() ? "there is a GPU"
            : null;

    /// <summary>Has a program see it.</summary>
    /// <param name="start">The program.</param>
    /// <param name="account">A file for how often the host waited for it.</param>
    public static void AddTo(ProcessStartInfo start, string account)
    {
        start.Environment["LD_PRELOAD"] = Library.Value;
        start.Environment["BIF_SECOND_DEVICE"] = account;

        // It brings OpenBLAS into the process before the program can choose the kernels.
        if (TorchLibrary.OpenBlasCore is { } core)
        {
            start.Environment["OPENBLAS_CORETYPE"] = core;
        }
    }

    private static string Build()
    {
        var (source, folder) = (Path.Combine(Repository.Root, "tests", "native"), Path.Combine(Repository.Root, "artifacts", "second-device"));
        Cmake("-S", source, "-B", folder, "-DCMAKE_BUILD_TYPE=Debug");
        Cmake("--build", folder);
        return Path.Combine(folder, "libsecond_device.so");
    }

    private static void Cmake(params string[] arguments)
    {
        var (code, said, errors) = Programs.Run(Programs.Of("cmake", arguments));
        if (code != 0)
        {
            throw new InvalidOperationException($"cmake {string.Join(' ', arguments)}:\n{said}{errors}");
        }
    }
}
