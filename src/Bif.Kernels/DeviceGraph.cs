using Bif.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Bif.Kernels;

/// <summary>
/// Operators of a GPU recorded once and repeated as one (a CUDA graph): the host asks once where it asked hundreds of times. A
/// repetition works on the memory that the operators had when they were recorded, so what they read and write keeps its place.
/// </summary>
public sealed class DeviceGraph : IDisposable
{
    // libtorch keeps the graphs of a generator in a set that it does not guard: one thread at a time begins or forgets one.
    private static readonly Lock OneAtATime = new();
    private nint _graph;

    private DeviceGraph(nint graph)
    {
        _graph = graph;
    }

    /// <summary>Whether work on a device can be recorded: on CUDA, with a native library built for it and libtorch 2.1 or newer.</summary>
    public static bool IsAvailable(Device device)
        => device.type == DeviceType.CUDA && KernelMethods.bif_graph_available(device.index) != 0;

    /// <summary>
    /// Records what <paramref name="work"/> asks for, which is not done by that. The thread has a queue of its own
    /// (<see cref="DeviceStream.Own"/>) and has done the same work before, so that libraries are ready.
    /// </summary>
    /// <param name="device">Where the work is done.</param>
    /// <param name="work">Asks for it; must not wait for the device or read from it.</param>
    /// <exception cref="KernelException">Something in it cannot be recorded.</exception>
    public static DeviceGraph Record(Device device, Action work)
    {
        lock (OneAtATime)
        {
            KernelMethods.Check(KernelMethods.bif_graph_begin(device.index, out var handle));
            var graph = new DeviceGraph(handle);
            var recording = true;
            try
            {
                work();
                recording = false;
                KernelMethods.Check(KernelMethods.bif_graph_end(handle));
                return graph;
            }
            catch
            {
                if (recording)
                {
                    _ = KernelMethods.bif_graph_end(handle);
                }

                graph.Dispose();
                throw;
            }
        }
    }

    /// <summary>Has the work done once more, after everything that the thread asked for before.</summary>
    public void Replay() => KernelMethods.Check(KernelMethods.bif_graph_replay(_graph));

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_graph == 0)
        {
            return;
        }

        lock (OneAtATime)
        {
            _ = KernelMethods.bif_graph_free(_graph);
        }

        _graph = 0;
    }
}
