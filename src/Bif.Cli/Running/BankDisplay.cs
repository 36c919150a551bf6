using System.Diagnostics;
using Bif.Cli.Terminal;
using Bif.Engine.Retraining;

namespace Bif.Cli.Running;

/// <summary>How far retraining is: one line that changes on a terminal, a line every ten seconds in a log file, or JSON.</summary>
internal sealed class BankDisplay(Output output, bool json) : IProgress<BankProgress>
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private readonly bool _live = output.Progress.Profile.Out.IsTerminal;
    private long _last;

    /// <inheritdoc/>
    public void Report(BankProgress value)
    {
        var isLast = value.Done == value.Models;
        if (json)
        {
            output.Json(value);
        }
        else if (_live)
        {
            output.Messages.Write($"\r{Line(value)}\u001b[K{(isLast ? "\n" : "")}");
        }
        else if (isLast || _last == 0 || Stopwatch.GetElapsedTime(_last) >= Interval)
        {
            _last = Stopwatch.GetTimestamp();
            output.Messages.WriteLine(Line(value));
        }
    }

    private static string Line(BankProgress value)
        => $"retrained {value.Done}/{value.Models} models  {Quantity.Duration(value.ElapsedSeconds)}  {Quantity.Duration(value.RemainingSeconds)} left";
}
