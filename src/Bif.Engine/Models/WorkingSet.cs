using static TorchSharp.torch;

namespace Bif.Engine.Models;

/// <summary>
/// How much is worked on at once: on the CPU what stays near its caches and within the run's memory; on a GPU many times that, since
/// it is idle while the host asks for small pieces one after the other, and has memory of its own.
/// </summary>
internal static class WorkingSet
{
    private const int GpuFactor = 32;
    private const int MostItems = 64;

    /// <summary>Bytes of a working set on a device.</summary>
    /// <param name="device">Where the work is done.</param>
    /// <param name="host">Bytes on the CPU.</param>
    public static long Bytes(Device device, long host) => IsCpu(device) ? host : host * GpuFactor;

    /// <summary>Items whose gradients are formed at a time.</summary>
    /// <param name="device">Where they are formed.</param>
    /// <param name="host">Bytes that may be held on the CPU.</param>
    /// <param name="perItem">Float32 numbers that one item takes.</param>
    public static int Items(Device device, long host, long perItem)
        => (int)Math.Clamp(Bytes(device, host) / (sizeof(float) * perItem), 1, IsCpu(device) ? MostItems : MostItems * GpuFactor / 2);

    private static bool IsCpu(Device device) => device.type == TorchSharp.DeviceType.CPU;
}
