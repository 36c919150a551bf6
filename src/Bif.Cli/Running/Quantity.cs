namespace Bif.Cli.Running;

/// <summary>Numbers with their units, short enough for a status line.</summary>
internal static class Quantity
{
    /// <summary>Seconds as <c>4.2 s</c>, <c>3 min 05 s</c> or <c>2 h 07 min</c>.</summary>
    public static string Duration(double seconds)
    {
        if (seconds < 60)
        {
            return $"{Significant(seconds)} s";
        }

        // Any longer time is shown as days that no one waits for; it must not overflow.
        var whole = (long)Math.Min(Math.Round(seconds), 1e12);
        return whole < 3600 ? $"{whole / 60} min {whole % 60:00} s" : $"{whole / 3600} h {whole % 3600 / 60:00} min";
    }

    /// <summary>Bytes as MiB or GiB.</summary>
    public static string Bytes(long bytes) => bytes < 1L << 30 ? $"{bytes / 1048576.0:0} MiB" : $"{bytes / 1073741824.0:0.0} GiB";

    /// <summary>Two to three significant digits without an exponent.</summary>
    public static string Significant(double value) => Math.Abs(value) switch
    {
        >= 100 => $"{value:0}",
        >= 10 => $"{value:0.0}",
        _ => $"{value:0.00}",
    };
}
