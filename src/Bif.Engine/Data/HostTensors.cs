using TorchSharp;
using static TorchSharp.torch;

namespace Bif.Engine.Data;

/// <summary>Small tensors made on the host, such as the indices of a mini-batch, on their way to where the model is.</summary>
internal static class HostTensors
{
    /// <summary>The tensor on the device. A GPU takes it up in its own time: neither waits for the other.</summary>
    public static Tensor On(this Tensor host, Device device)
        => device.type == DeviceType.CPU ? host : host.pin_memory().to(device, non_blocking: true);
}
