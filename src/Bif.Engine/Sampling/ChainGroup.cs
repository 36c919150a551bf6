namespace Bif.Engine.Sampling;

/// <summary>Runs the chains of a run, several at a time.</summary>
public static class ChainGroup
{
    /// <summary>Runs all chains; returns how each ended. An error of one chain stops the others after their block.</summary>
    /// <param name="chains">Number of chains.</param>
    /// <param name="plan">How many at a time, with how many threads each.</param>
    /// <param name="device">Where they run.</param>
    /// <param name="run">Runs one chain.</param>
    /// <param name="cancellation">Stops the chains after their block.</param>
    public static IReadOnlyList<ChainOutcome> Run(
        int chains, ExecutionPlan plan, TorchSharp.torch.Device device, Func<int, CancellationToken, ChainOutcome> run, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var outcomes = new ChainOutcome?[chains];
        PlannedThreads.Run(
            chains,
            plan,
            device,
            chain =>
            {
                outcomes[chain] = run(chain, stop.Token);
                if (outcomes[chain]!.End == ChainEnd.Diverged)
                {
                    stop.Cancel();
                }
            },
            stop);
        return [.. outcomes.Select((outcome, chain) => outcome ?? new ChainOutcome(chain, ChainEnd.Interrupted, 0, double.NaN))];
    }
}
