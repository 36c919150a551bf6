using System.Globalization;

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

    /// <summary>Reads a size with a unit of 1024 (KiB, MiB, GiB, TiB) or 1000 (kB, MB, GB, TB), or plain bytes; null if it is none.</summary>
    public static long? ReadBytes(string word)
    {
        foreach (var (unit, bytes) in new (string, double)[]
                 {
                     ("KiB", 1024), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("B", 1), ("", 1),
                 })
        {
            if (word.EndsWith(unit, StringComparison.OrdinalIgnoreCase)
                && double.TryParse(word[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
            {
                return value * bytes is >= 1 and < long.MaxValue and var total ? (long)total : null;
            }
        }

        return null;
    }

    /// <summary>Two to three significant digits without an exponent.</summary>
    public static string Significant(double value) => Math.Abs(value) switch
    {
        >= 100 => $"{value:0}",
        >= 10 => $"{value:0.0}",
        _ => $"{value:0.00}",
    };

    /// <summary>A number of passes: 12,345 or 4.8 M.</summary>
    public static string Passes(double? value) => value switch
    {
        null => "–",
        >= 1e6 and var many => string.Create(CultureInfo.InvariantCulture, $"{many / 1e6:0.0} M"),
        var some => string.Create(CultureInfo.InvariantCulture, $"{some:N0}"),
    };
}
