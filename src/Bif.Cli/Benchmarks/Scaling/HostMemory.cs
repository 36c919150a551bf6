using System.Globalization;

namespace Bif.Cli.Benchmarks.Scaling;

/// <summary>Memory that a new process may take without pushing others out.</summary>
internal static class HostMemory
{
    /// <summary>What the kernel calls available, or less where this process is confined to less.</summary>
    public static long AvailableBytes
    {
        get
        {
            const string Field = "MemAvailable:";
            var confined = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
            var line = File.ReadLines("/proc/meminfo").FirstOrDefault(each => each.StartsWith(Field, StringComparison.Ordinal));
            return line is null ? confined : Math.Min(confined, long.Parse(line[Field.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * 1024);
        }
    }
}
