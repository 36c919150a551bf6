using Bif.Cli.Terminal;
using Bif.Engine.Runs;

namespace Bif.Cli.Running;

/// <summary>One JSON object per line on stdout: <c>"event": "progress"</c> lines, then one <c>"event": "result"</c>.</summary>
internal sealed class JsonRunDisplay(Output output) : RunDisplay
{
    /// <inheritdoc/>
    public override void Report(RunProgress value) => output.Json(new
    {
        Event = value.IsWarning ? "warning" : "progress",
        value.Stage,
        value.Message,
        value.Fraction,
        value.Chain,
    });

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
        Resume = result.Completed ? null : resumeLine,
    });
}
