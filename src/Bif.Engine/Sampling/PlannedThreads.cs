using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace Bif.Engine.Sampling;

/// <summary>
/// Does pieces of work several at a time, each on a dedicated thread: dispose scopes and the number of operator threads belong
/// to a thread.
/// </summary>
internal static class PlannedThreads
{
    /// <summary>Does all pieces, or those that were begun when one failed or it was cancelled; an error comes out when all threads have ended.</summary>
    /// <param name="count">Pieces.</param>
    /// <param name="plan">How many at a time, with how many threads each.</param>
    /// <param name="work">Does one.</param>
    /// <param name="stop">Cancelled by an error, or from outside; no piece is begun after that.</param>
    public static void Run(int count, ExecutionPlan plan, Action<int> work, CancellationTokenSource stop)
    {
        var next = -1;
        ExceptionDispatchInfo? failure = null;

        void Work()
        {
            set_num_threads(plan.ThreadsPerChain);
            try
            {
                for (var piece = Interlocked.Increment(ref next); piece < count && !stop.IsCancellationRequested; piece = Interlocked.Increment(ref next))
                {
                    work(piece);
                }
            }
            catch (Exception error)
            {
                Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(error), null);
                stop.Cancel();
            }
        }

        var threads = Enumerable.Range(0, Math.Min(plan.ConcurrentChains, count))
            .Select(index => new Thread(Work) { Name = $"worker {index}", IsBackground = true })
            .ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        failure?.Throw();
    }
}
