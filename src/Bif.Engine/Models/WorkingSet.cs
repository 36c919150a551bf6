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

    // What convolutions hold of an item while its gradient is formed: megabytes, and one item at a time would leave the cores idle.
    private const long HeldBytes = 32L << 20;
    private const long HeldBytesOnGpu = 512L << 20;

    /// <summary>Bytes of a working set on a device.</summary>
    /// <param name="device">Where the work is done.</param>
    /// <param name="host">Bytes on the CPU.</param>
    public static long Bytes(Device device, long host) => IsCpu(device) ? host : host * GpuFactor;

    /// <summary>Items whose gradients are formed at a time.</summary>
    /// <param name="device">Where they are formed.</param>
    /// <param name="host">Bytes that the gradients may take on the CPU.</param>
    /// <param name="parameters">Numbers of a gradient.</param>
    /// <param name="heldPerItem">Numbers that an item takes while its gradient is formed.</param>
    public static int Items(Device device, long host, long parameters, long heldPerItem)
    {
        var items = Math.Min(Bytes(device, host) / (sizeof(float) * parameters), HeldItems(device, heldPerItem));
        return (int)Math.Clamp(items, 1, IsCpu(device) ? MostItems : MostItems * GpuFactor / 2);
    }

    /// <summary>Items of which as much is held at once as there is room for.</summary>
    /// <param name="device">Where it is held.</param>
    /// <param name="perItem">Numbers of one item.</param>
    public static int HeldItems(Device device, long perItem)
        => (int)Math.Clamp((IsCpu(device) ? HeldBytes : HeldBytesOnGpu) / (sizeof(float) * Math.Max(1, perItem)), 1, int.MaxValue);

    private static bool IsCpu(Device device) => device.type == TorchSharp.DeviceType.CPU;
}
