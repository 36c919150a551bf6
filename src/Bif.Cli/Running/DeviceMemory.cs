using System.Globalization;
using Bif.Kernels;

namespace Bif.Cli.Running;

/// <summary>What this process has taken of a device's own memory.</summary>
internal static class DeviceMemory
{
    /// <summary>
    /// The most bytes of tensors at a time on a CUDA device; null for the CPU, whose memory is the process's, and where the native
    /// library was built without CUDA's compiler and cannot tell.
    /// </summary>
    /// <param name="device">cpu or cuda:N, as run.json writes it.</param>
    public static long? Peak(string device)
        => device.StartsWith("cuda:", StringComparison.Ordinal) ? ProcessMemory.Cuda(int.Parse(device[5..].Split(' ')[0], CultureInfo.InvariantCulture))?.PeakBytes : null;
}
