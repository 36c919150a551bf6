using System.Globalization;
using Bif.Data.Entities;

namespace Bif.Web.Components.Controls;

/// <summary>Numbers and states as people read them.</summary>
public static class Wording
{
    /// <summary>A time span in its one or two largest units.</summary>
    public static string Duration(double seconds) => seconds switch
    {
        < 0 or double.NaN => "–",
        < 1 => "under a second",
        < 90 => $"{seconds:F0} s",
        < 5400 => $"{seconds / 60:F0} min",
        < 172_800 => $"{seconds / 3600:F1} h",
        _ => $"{seconds / 86_400:F1} days",
    };

    /// <summary>A time span that is known only roughly.</summary>
    public static string About(double seconds) => seconds is >= 0 and < 1 ? Duration(seconds) : $"about {Duration(seconds)}";

    /// <summary>A size on disk.</summary>
    public static string Bytes(double bytes) => bytes switch
    {
        < 1 << 10 => $"{bytes:F0} B",
        < 1 << 20 => $"{bytes / (1 << 10):F0} KiB",
        < 1 << 30 => $"{bytes / (1 << 20):F1} MiB",
        _ => $"{bytes / (1 << 30):F1} GiB",
    };

    /// <summary>A correlation with its sign.</summary>
    public static string Signed(double value) => value.ToString("+0.000;−0.000;0.000", CultureInfo.InvariantCulture);

    /// <summary>How long ago something was.</summary>
    public static string Ago(DateTime time) => (DateTime.UtcNow - time).TotalSeconds switch
    {
        < 60 => "just now",
        var seconds => $"{Duration(seconds)} ago",
    };

    /// <summary>A state of a run in words.</summary>
    public static string State(string state) => state switch
    {
        RunState.Queued => "waiting",
        RunState.Preparing => "preparing",
        RunState.Sampling => "drawing",
        RunState.Estimating => "scoring",
        _ => state,
    };

    /// <summary>The look of a state: busy, done, stopped or bad.</summary>
    public static string Look(string state) => state switch
    {
        RunState.Finished or ChainState.Completed => "done",
        RunState.Failed or ChainState.Diverged => "bad",
        RunState.Cancelled or ChainState.Interrupted or RunState.Queued => "still",
        _ => "busy",
    };

    /// <summary>A verdict's name in words.</summary>
    public static string Verdict(string name) => name.Replace('-', ' ');

    /// <summary>A part of a whole for a style sheet, 0 % to 100 %.</summary>
    public static string Percent(double share) => (100 * Math.Clamp(double.IsNaN(share) ? 0 : share, 0, 1)).ToString("F2", CultureInfo.InvariantCulture) + "%";
}
