using System.Globalization;
using Bif.Native;

namespace Bif.Kernels;

/// <summary>The memory of this process, native memory included: resident pages as the kernel counts them, and CUDA's.</summary>
public static class ProcessMemory
{
    /// <summary>Resident bytes now.</summary>
    public static long CurrentBytes => Read("VmRSS:");

    /// <summary>The most resident bytes since the start or the last reset.</summary>
    public static long PeakBytes => Read("VmHWM:");

    /// <summary>Starts a new peak from the present size, where the kernel allows it; returns whether it did.</summary>
    public static bool TryResetPeak()
    {
        try
        {
            // 5 resets the resident high-water mark: proc(5).
            File.WriteAllText("/proc/self/clear_refs", "5");
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>
    /// Gives what is kept of released tensors' memory, and pages that they left behind in the C heap, back to the system;
    /// returns whether there were any of those.
    /// </summary>
    public static bool ReleaseFreePages() => KernelMethods.bif_memory_trim() != 0;

    /// <summary>
    /// The same at the end of a stage of work, and collects garbage: the runtime lets tens of megabytes of it gather where the
    /// processor's last cache is large. Takes some ten milliseconds.
    /// </summary>
    public static void EndStage()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        ReleaseFreePages();
    }

    /// <summary>
    /// Bytes of large CPU tensors (from 256 KiB) now, of the blocks that their allocator keeps for the next ones, and at most
    /// in use since the start or the last <see cref="ReleaseFreePages"/>. The first two together exceed the third by a quarter at most.
    /// </summary>
    public static (long UsedBytes, long KeptBytes, long MostUsedBytes) LargeTensors
    {
        get
        {
            KernelMethods.bif_memory_tensors(out var used, out var kept, out var mostUsed);
            return (used, kept, mostUsed);
        }
    }

    /// <summary>Bytes of tensors on a CUDA device now, and at most since the start or the last reset.</summary>
    /// <param name="device">Number of the device.</param>
    /// <param name="resetPeak">Starts a new peak from the present size.</param>
    /// <returns>Null where the native library was built without a CUDA compiler, and cannot tell.</returns>
    /// <exception cref="KernelException">There is no such device.</exception>
    public static (long CurrentBytes, long PeakBytes)? Cuda(int device, bool resetPeak = false)
    {
        KernelMethods.Check(KernelMethods.bif_memory_cuda(device, resetPeak ? 1 : 0, out var current, out var peak));
        return current < 0 ? null : (current, peak);
    }

    /// <summary>Bytes that this process may still take without pushing others out: of the machine's, and of its container's.</summary>
    public static long AvailableBytes => Math.Min(
        Read("MemAvailable:", "/proc/meminfo"), GC.GetGCMemoryInfo().TotalAvailableMemoryBytes - CurrentBytes);

    private static long Read(string field, string file = "/proc/self/status")
    {
        foreach (var line in File.ReadLines(file))
        {
            if (line.StartsWith(field, StringComparison.Ordinal))
            {
                return long.Parse(line[field.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * 1024;
            }
        }

        return 0;
    }
}
