using System.Diagnostics;
using Bif.Native;
using static TorchSharp.torch;

namespace Bif.Kernels;

/// <summary>How fast this machine's memory is.</summary>
public static class HostBandwidth
{
    /// <summary>
    /// Bytes per second, read and written together, of copying 64 MiB on libtorch's threads: the best of
    /// <paramref name="rounds"/> after one that touches the memory.
    /// </summary>
    public static unsafe double Measure(int rounds = 5)
    {
        using var scope = NewDisposeScope();
        const long Length = 1 << 24;
        var (from, to) = (ones(Length), zeros(Length));
        nint source = from.Handle, target = to.Handle;
        var best = double.PositiveInfinity;
        for (var round = 0; round <= rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            KernelMethods.Check(KernelMethods.bif_copy_vectors(&source, &target, 1));
            best = round == 0 ? best : Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        GC.KeepAlive(from);
        GC.KeepAlive(to);
        return 2 * sizeof(float) * Length / best;
    }
}
