using System.Diagnostics;
using Bif.Cli.Terminal;
using Bif.Engine.Runs;

namespace Bif.Cli.Running;

/// <summary>Progress for log files: a line per stage and message, and one line per chain every ten seconds.</summary>
internal sealed class PlainRunDisplay(Output output) : RunDisplay
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private readonly Dictionary<int, long> _shown = [];
    private RunStage? _stage;

    /// <inheritdoc/>
    public override void Report(RunProgress value)
    {
        lock (_shown)
        {
            if (value.Stage != _stage && value.Stage != RunStage.Done)
            {
                _stage = value.Stage;
                output.Messages.WriteLine($"{value.Stage.ToString().ToLowerInvariant()} …");
            }

            if (value.Message is { } message)
            {
                output.Messages.WriteLine(value.IsWarning ? $"warning: {message}" : message);
            }

            if (value.Chain is { } chain && IsDue(chain))
            {
                output.Messages.WriteLine(ChainLine.Of(chain));
            }
        }
    }

    /// <inheritdoc/>
    public override void Finish(RunResult result, string resumeLine) => RunReport.Write(result, resumeLine, output);

    private bool IsDue(ChainProgress chain)
    {
        var isLast = chain.Draw >= chain.Draws;
        if (!isLast && _shown.TryGetValue(chain.Chain, out var last) && Stopwatch.GetElapsedTime(last) < Interval)
        {
            return false;
        }

        _shown[chain.Chain] = Stopwatch.GetTimestamp();
        return true;
    }
}
