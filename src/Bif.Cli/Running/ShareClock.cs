using System.Diagnostics;

namespace Bif.Cli.Running;

/// <summary>How long a stage that reports its finished share will go on, from how fast the share has grown.</summary>
internal sealed class ShareClock
{
    // Less of a share says nothing about the rest.
    private const double Least = 0.02;
    private long _since;
    private double _first;
    private double _last = double.PositiveInfinity;

    /// <summary>The time left in words at a share, empty while it cannot be told. A share that falls back begins another part.</summary>
    public string Remaining(double share)
    {
        if (share < _last)
        {
            (_since, _first) = (Stopwatch.GetTimestamp(), share);
        }

        _last = share;
        return share - _first >= Least && share < 1 ? $"{Quantity.Duration(Stopwatch.GetElapsedTime(_since).TotalSeconds * (1 - share) / (share - _first))} left" : "";
    }
}
