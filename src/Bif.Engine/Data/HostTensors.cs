using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Bif.Engine.Data;

/// <summary>Small tensors between the host and where the model is: the indices of a mini-batch on their way there, products on their way back.</summary>
internal static class HostTensors
{
    /// <summary>The tensor on the device. A GPU takes it up in its own time: neither waits for the other.</summary>
    public static Tensor On(this Tensor host, Device device)
        => device.type == DeviceType.CPU ? host : host.pin_memory().to(device, non_blocking: true);

    /// <summary>The values of a float32 tensor, in row-major order.</summary>
    public static double[] Doubles(this Tensor values)
    {
        using var scope = NewDisposeScope();
        var floats = MemoryMarshal.Cast<byte, float>(values.cpu().contiguous().bytes);
        var result = new double[floats.Length];
        for (var index = 0; index < result.Length; index++)
        {
            result[index] = floats[index];
        }

        return result;
    }
}
