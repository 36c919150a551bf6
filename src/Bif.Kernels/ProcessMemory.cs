namespace Bif.Kernels;

/// <summary>The resident memory of this process, from the kernel's accounting.</summary>
public static class ProcessMemory
{
    /// <summary>Resident bytes now.</summary>
    public static long CurrentBytes => Read("VmRSS:");

    /// <summary>The most resident bytes since the start or the last reset.</summary>
    public static long PeakBytes => Read("VmHWM:");

    /// <summary>Starts a new peak from the present size, where the kernel allows it.</summary>
    public static bool TryResetPeak()
    {
        try
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static long Read(string field)
    {
        foreach (var line in File.ReadLines("/proc/self/status"))
        {
            if (line.StartsWith(field, StringComparison.Ordinal))
            {
                return long.Parse(line[field.Length..].Replace("kB", "").Trim()) * 1024;
            }
        }

        return 0;
    }
}
