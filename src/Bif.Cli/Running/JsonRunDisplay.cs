using System.Diagnostics;
using Bif.Cli.Terminal;
using Bif.Engine.Runs;

namespace Bif.Cli.Running;

/// <summary>One JSON object per line on stdout: <c>"event": "progress"</c> lines, then one <c>"event": "result"</c>.</summary>
internal sealed class JsonRunDisplay(Output output) : RunDisplay
{
    // A pass reports its share after every few items.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private long _shown;

    /// <inheritdoc/>
    public override void Report(RunProgress value)
    {
        if (value is { Message: null, Chain: null, Fraction: < 1 })
        {
            if (Stopwatch.GetElapsedTime(_shown) < Interval)
            {
                return;
            }

            _shown = Stopwatch.GetTimestamp();
        }

        output.Json(new
        {
            Event = value.IsWarning ? "warning" : "progress",
            value.Stage,
            value.Message,
            value.Fraction,
            value.Chain,
        });
    }

    /// <inheritdoc/>
    public override void Finish(RunResult result, string resumeLine) => output.Json(new
    {
        Event = "result",
        result.Directory,
        result.Completed,
        result.Verdict,
        result.Reason,
        result.ElapsedSeconds,
        result.DrawsPerSecond,
        result.PeakBytes,
        DevicePeakBytes = DeviceMemory.Peak(RunDirectory.Open(result.Directory).ReadRecord().Spec.Device),
        result.Outlook,
        result.EffectiveDraws,
        result.NoiseConstant,
        result.IsControlled,
        Resume = result.Completed ? null : resumeLine,
    });

    /// <inheritdoc/>
    public override void Stopped(string directory, string line) => output.Json(new { Event = "result", Directory = directory, Completed = false, Resume = line });
}
