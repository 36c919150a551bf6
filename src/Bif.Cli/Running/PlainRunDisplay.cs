using System.Diagnostics;
using System.Globalization;
using Bif.Cli.Terminal;
using Bif.Engine.Runs;

namespace Bif.Cli.Running;

/// <summary>Progress for log files: a line per stage and message, and every ten seconds one per chain, or the share of a stage without.</summary>
internal sealed class PlainRunDisplay(Output output) : RunDisplay
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private readonly Dictionary<int, long> _shown = [];
    private readonly ShareClock _clock = new();
    private RunStage? _stage;
    private long _sharedAt;

    /// <inheritdoc/>
    public override void Report(RunProgress value)
    {
        lock (_shown)
        {
            if (value.Stage != _stage && value.Stage != RunStage.Done)
            {
                (_stage, _sharedAt) = (value.Stage, Stopwatch.GetTimestamp());
                output.Messages.WriteLine($"{value.Stage.ToString().ToLowerInvariant()} …");
            }

            if (value.Message is { } message)
            {
                output.Messages.WriteLine(value.IsWarning ? $"warning: {message}" : message);
            }

            if (value.Fraction is { } share)
            {
                var left = _clock.Remaining(share);
                if (Stopwatch.GetElapsedTime(_sharedAt) >= Interval)
                {
                    _sharedAt = Stopwatch.GetTimestamp();
                    output.Messages.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{value.Stage.ToString().ToLowerInvariant()} {share:P0}{(left.Length > 0 ? $", {left}" : "")}"));
                }
            }

            if (value.Chain is { } chain && IsDue(chain))
            {
                output.Messages.WriteLine(ChainLine.Of(chain));
            }
        }
    }

    /// <inheritdoc/>
    public override void Finish(RunResult result, string resumeLine) => RunReport.Write(result, resumeLine, output);

    /// <inheritdoc/>
    public override void Stopped(string directory, string line) => RunReport.WriteStopped(line, output);

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
