using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace Bif.Engine.Retraining;

/// <summary>
/// Trains models of a problem on several threads, each with one operator thread, so that losses do not depend on how many
/// threads there are; on a GPU by one thread.
/// </summary>
public static class RetrainingPool
{
    /// <summary>Whether the problem's models train side by side (batched products) or one after another.</summary>
    public static bool TrainsSideBySide(RetrainingProblem problem) => StackedRetrainer.Suits(problem);

    /// <summary>How many models a block has at most. It depends on structure and device alone, never on the number of threads.</summary>
    public static int BlockSize(RetrainingProblem problem) => NewRetrainer(problem).AtOnce;

    /// <summary>
    /// Trains models; returns when all are done or, after a cancellation, given up. A block trained again gives the same
    /// bits; the same model in another block agrees within rounding.
    /// </summary>
    /// <param name="problem">Structure, data, recipe.</param>
    /// <param name="blocks">What to train together, with equally many items each.</param>
    /// <param name="threads">CPU threads.</param>
    /// <param name="done">Receives each block with its queries' losses [model][query] (nats), from one thread at a time.</param>
    /// <param name="cancellation">Gives up the models that are not done.</param>
    /// <exception cref="InputException">A training loss is not finite.</exception>
    public static void Run(
        RetrainingProblem problem, IReadOnlyList<RetrainedModel[]> blocks, int threads, Action<RetrainedModel[], float[][]> done, CancellationToken cancellation)
    {
        var workers = problem.Model.Parameters.is_cpu() ? Math.Max(1, threads) : 1;
        var next = -1;
        ExceptionDispatchInfo? failure = null;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);

        void Work()
        {
            set_num_threads(1);
            try
            {
                var retrainer = NewRetrainer(problem);
                for (var block = Interlocked.Increment(ref next); block < blocks.Count; block = Interlocked.Increment(ref next))
                {
                    var losses = retrainer.QueryLosses(blocks[block], stop.Token);
                    lock (blocks)
                    {
                        done(blocks[block], losses);
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // Its models are given up; the caller knows by its token.
            }
            catch (Exception error)
            {
                Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(error), null);
                stop.Cancel();
            }
        }

        var pool = Enumerable.Range(0, Math.Min(workers, blocks.Count))
            .Select(index => new Thread(Work) { Name = $"retraining {index}", IsBackground = true })
            .ToList();
        pool.ForEach(thread => thread.Start());
        pool.ForEach(thread => thread.Join());
        failure?.Throw();
    }

    /// <summary>Trains one model after another with some threads in each operator, as a training by itself does it: for comparison.</summary>
    /// <param name="problem">Structure, data, recipe.</param>
    /// <param name="models">What to train.</param>
    /// <param name="threads">CPU threads in each operator.</param>
    public static void RunOneByOne(RetrainingProblem problem, IReadOnlyList<RetrainedModel> models, int threads)
    {
        set_num_threads(threads);
        var retrainer = new SequentialRetrainer(problem);
        foreach (var model in models)
        {
            retrainer.QueryLosses([model], CancellationToken.None);
        }
    }

    private static IRetrainer NewRetrainer(RetrainingProblem problem) => StackedRetrainer.Suits(problem) ? new StackedRetrainer(problem) : new SequentialRetrainer(problem);
}
