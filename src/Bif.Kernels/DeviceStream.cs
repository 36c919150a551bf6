using Bif.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Bif.Kernels;

/// <summary>Queues of work on a GPU: threads that share one wait for each other's operators.</summary>
public static class DeviceStream
{
    /// <summary>Gives the calling thread a queue of its own, to its end. On the CPU nothing has to be done.</summary>
    /// <param name="device">Where the thread computes. What was queued there before has to be finished (<see cref="Finish"/>).</param>
    /// <exception cref="KernelException">There is no such device.</exception>
    public static void Own(Device device)
    {
        if (device.type == DeviceType.CUDA)
        {
            KernelMethods.Check(KernelMethods.bif_stream_own(device.index));
        }
    }

    /// <summary>Waits for everything that was queued on a device, by whichever thread.</summary>
    public static void Finish(Device device)
    {
        if (device.type == DeviceType.CUDA)
        {
            cuda.synchronize(device);
        }
    }
}
