using System.Diagnostics;
using Bif.Native;
using static TorchSharp.torch;

namespace Bif.Kernels;

/// <summary>Times the fused step against copying its three vectors in memory.</summary>
public static class LangevinBenchmark
{
    /// <summary>Median seconds of a step without the gradient and of the copy, taken in turn.</summary>
    public static unsafe (double StepSeconds, double CopySeconds) Measure(long length, int rounds)
    {
        using var scope = NewDisposeScope();
        Tensor[] from = [randn([length]), randn([length]), randn([length])];
        Tensor[] to = [zeros(length), zeros(length), zeros(length)];
        nint[] sources = [.. from.Select(tensor => (nint)tensor.Handle)], targets = [.. to.Select(tensor => (nint)tensor.Handle)];
        var steps = new List<double>();
        var copies = new List<double>();
        for (var round = 0; round <= rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            LangevinStep.Sgld(from[0], from[1], from[2], 1e-6, 100, 100, 1, 0, (ulong)round);
            var middle = Stopwatch.GetTimestamp();
            fixed (nint* source = sources, target = targets)
            {
                KernelMethods.Check(KernelMethods.bif_copy_three(source, target, length));
            }

            // The first round warms up.
            if (round > 0)
            {
                steps.Add(Stopwatch.GetElapsedTime(start, middle).TotalSeconds);
                copies.Add(Stopwatch.GetElapsedTime(middle).TotalSeconds);
            }
        }

        GC.KeepAlive(from);
        GC.KeepAlive(to);
        return (Median(steps), Median(copies));
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
