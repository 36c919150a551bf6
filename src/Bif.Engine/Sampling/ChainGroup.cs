using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace Bif.Engine.Sampling;

/// <summary>
/// Runs the chains of a run, several at a time, each on a dedicated thread: dispose scopes and the number of operator
/// threads belong to a thread.
/// </summary>
public static class ChainGroup
{
    /// <summary>Runs all chains; returns how each ended. An error of one chain stops the others after their block.</summary>
    /// <param name="chains">Number of chains.</param>
    /// <param name="plan">How many at a time, with how many threads each.</param>
    /// <param name="run">Runs one chain.</param>
    /// <param name="cancellation">Stops the chains after their block.</param>
    public static IReadOnlyList<ChainOutcome> Run(
        int chains, ExecutionPlan plan, Func<int, CancellationToken, ChainOutcome> run, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var outcomes = new ChainOutcome?[chains];
        var next = -1;
        ExceptionDispatchInfo? failure = null;

        void Work()
        {
            set_num_threads(plan.ThreadsPerChain);
            try
            {
                for (var chain = Interlocked.Increment(ref next); chain < chains; chain = Interlocked.Increment(ref next))
                {
                    outcomes[chain] = run(chain, stop.Token);
                    if (outcomes[chain]!.End == ChainEnd.Diverged)
                    {
                        stop.Cancel();
                    }
                }
            }
            catch (Exception error)
            {
                Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(error), null);
                stop.Cancel();
            }
        }

        var threads = Enumerable.Range(0, Math.Min(plan.ConcurrentChains, chains))
            .Select(index => new Thread(Work) { Name = $"chain worker {index}", IsBackground = true })
            .ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        failure?.Throw();
        return [.. outcomes.Select((outcome, chain) => outcome ?? new ChainOutcome(chain, ChainEnd.Interrupted, 0, double.NaN))];
    }
}
