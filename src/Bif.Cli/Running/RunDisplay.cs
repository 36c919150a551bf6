using Bif.Cli.Terminal;
using Bif.Engine.Runs;

namespace Bif.Cli.Running;

/// <summary>Shows a run while it works: bars on a terminal, plain lines elsewhere, events with --json.</summary>
internal abstract class RunDisplay : IProgress<RunProgress>, IDisposable
{
    /// <summary>The display that fits where the output goes.</summary>
    public static RunDisplay For(Output output, bool json) => json
        ? new JsonRunDisplay(output)
        : output.Progress.Profile.Capabilities.Interactive ? new BarRunDisplay(output) : new PlainRunDisplay(output);

    /// <summary>Shows a report; called from several threads.</summary>
    public abstract void Report(RunProgress value);

    /// <summary>Runs the work with the display on.</summary>
    public virtual T Follow<T>(Func<IProgress<RunProgress>, T> work) => work(this);

    /// <summary>Shows how it ended.</summary>
    public abstract void Finish(RunResult result, string resumeLine);

    /// <summary>Says that it was stopped before anything was drawn, and which line starts it again.</summary>
    public abstract void Stopped(string directory, string line);

    /// <inheritdoc/>
    public virtual void Dispose() => GC.SuppressFinalize(this);
}
