using System.Runtime.ExceptionServices;
using Bif.Kernels;
using static TorchSharp.torch;

namespace Bif.Engine.Sampling;

/// <summary>
/// Does pieces of work several at a time, each on a dedicated thread: dispose scopes, the number of operator threads and, on a GPU,
/// the queue of operators belong to a thread.
/// </summary>
internal static class PlannedThreads
{
    /// <summary>Does all pieces, or those that were begun when one failed or it was cancelled; an error comes out when all threads have ended.</summary>
    /// <param name="count">Pieces.</param>
    /// <param name="plan">How many at a time, with how many threads each.</param>
    /// <param name="device">Where they are done.</param>
    /// <param name="work">Does one.</param>
    /// <param name="stop">Cancelled by an error, or from outside; no piece is begun after that.</param>
    public static void Run(int count, ExecutionPlan plan, Device device, Action<int> work, CancellationTokenSource stop)
    {
        var next = -1;
        ExceptionDispatchInfo? failure = null;

        void Work()
        {
            set_num_threads(plan.ThreadsPerChain);
            try
            {
                DeviceStream.Own(device);
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

        DeviceStream.Finish(device);
        var threads = Enumerable.Range(0, Math.Min(plan.ConcurrentChains, count))
            .Select(index => new Thread(Work) { Name = $"worker {index}", IsBackground = true })
            .ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        DeviceStream.Finish(device);
        failure?.Throw();
    }
}
