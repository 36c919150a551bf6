using Bif.Engine;
using Bif.Engine.Runs;
using Bif.Engine.Sampling;

namespace Bif.Web.Jobs;

/// <summary>What a run would be, before it is queued.</summary>
/// <param name="Settings">All numbers.</param>
/// <param name="Source">Where they come from, in words.</param>
/// <param name="Reasons">Each choice in words.</param>
/// <param name="Draws">Over all chains.</param>
/// <param name="ForwardPasses">Evaluations of one item each, gradients not counted.</param>
/// <param name="Seconds">Expected time of sampling on this machine.</param>
/// <param name="TraceBytes">Size of the traces on disk.</param>
/// <param name="Items">Training items.</param>
/// <param name="Queries">Queries.</param>
public sealed record RunEstimate(
    SamplerSettings Settings, string Source, IReadOnlyList<string> Reasons, long Draws, long ForwardPasses, double Seconds, long TraceBytes, int Items, int Queries);

/// <summary>Tells what a run would cost by trying its first steps here; one at a time, because a trial takes the whole machine.</summary>
public sealed class EstimateDesk(RunDesk desk) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Tries.</summary>
    /// <param name="wanted">The run.</param>
    /// <param name="say">Receives what is being done, on another thread; or null.</param>
    /// <param name="cancellation">Gives up waiting for the turn.</param>
    /// <exception cref="InputException">Something asked for cannot be.</exception>
    public async Task<RunEstimate> Estimate(NewRun wanted, Action<string>? say, CancellationToken cancellation)
    {
        var spec = desk.Check(wanted);
        await _turn.WaitAsync(cancellation);
        try
        {
            return await RunWorker.OnThread(() => Of(spec, say));
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private static RunEstimate Of(RunSpec spec, Action<string>? say)
    {
        var (items, queries, tokens) = RunDesk.Count(spec);
        var report = AttributionRun.Calibrate(spec, new Listener(say));
        var draws = (long)report.Settings.Chains * report.Settings.Draws;
        return new(
            report.Settings, report.Source, report.Reasons, draws, draws * (items + queries), report.SamplingSeconds, draws * (items + queries + tokens) * sizeof(float), items, queries);
    }

    private sealed class Listener(Action<string>? say) : IProgress<RunProgress>
    {
        public void Report(RunProgress value)
        {
            if (value.Message is { } message)
            {
                say?.Invoke(message);
            }
        }
    }
}
