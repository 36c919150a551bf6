using System.Diagnostics;
using Bif.Native;
using static TorchSharp.torch;

namespace Bif.Kernels;

/// <summary>Times the fused step against copying its three vectors in memory.</summary>
public static class LangevinBenchmark
{
    /// <summary>
    /// Median seconds of an SGLD step without the gradient's computation, and of copying w, g and w* on as many threads;
    /// the two are timed in turn, so that other work on the machine disturbs both.
    /// </summary>
    /// <param name="length">Parameters P; 2²⁴ is beyond every cache.</param>
    /// <param name="rounds">Timed repetitions.</param>
    public static unsafe (double StepSeconds, double CopySeconds) Measure(long length, int rounds)
    {
        using var scope = NewDisposeScope();
        Tensor[] from = [ones(length), ones(length), ones(length)];
        Tensor[] to = [zeros(length), zeros(length), zeros(length)];
        nint[] sources = [.. from.Select(tensor => (nint)tensor.Handle)];
        nint[] targets = [.. to.Select(tensor => (nint)tensor.Handle)];
        var steps = new List<double>();
        var copies = new List<double>();
        for (var round = 0; round <= rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            LangevinStep.Sgld(from[0], from[1], from[2], 1e-6, 100, 100, 1, 0, (ulong)round);
            var middle = Stopwatch.GetTimestamp();
            fixed (nint* source = sources, target = targets)
            {
                KernelMethods.Check(KernelMethods.bif_copy_vectors(source, target, sources.Length));
            }

            // The first round touches the memory for the first time.
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
