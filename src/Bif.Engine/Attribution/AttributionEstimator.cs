using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Bif.Engine.Traces;

namespace Bif.Engine.Attribution;

/// <summary>
/// From traces to scores (METHOD section 3): blocks of items × all draws are reduced to sums against groups of queries,
/// so that memory is bounded whatever the numbers of items, queries and draws. The same traces give the same scores bit
/// for bit, however they are cut into chunks and on any number of threads.
/// </summary>
public static class AttributionEstimator
{
    private const long SumsBytes = 128L << 20;
    private const long QueryBytes = 64L << 20;

    /// <summary>Estimates from the complete blocks of a store; chains may have different numbers of draws.</summary>
    /// <param name="store">The traces.</param>
    /// <param name="scoresDirectory">Where <see cref="ScoreFiles"/> go; each replaced whole, at the end.</param>
    /// <param name="options">Centring, threads, gradient cosines.</param>
    /// <param name="progress">Receives the finished share, 0 to 1, from any thread.</param>
    /// <exception cref="InputException">There are too few draws, or a chunk is damaged.</exception>
    public static AttributionResult Run(
        TraceStore store, string scoresDirectory, AttributionOptions options, Action<double>? progress = null)
    {
        var clock = Stopwatch.StartNew();
        var batches = DrawBatch.Divide(store);
        if (batches.Length == 0)
        {
            throw new InputException($"The trace in {store.Directory} has no chain with two complete draws: sample more before estimating.");
        }

        var shape = store.Shape;
        var blocks = (shape.TrainItems + store.TrainColumns - 1) / store.TrainColumns;
        var threads = Math.Clamp(options.Threads, 1, blocks);
        var groupSize = GroupSize(store, batches, threads);
        var statistics = new RunStatistics(batches, shape.Chains, shape.TrainItems, shape.QueryItems);
        using (var files = new ScoreFiles(scoresDirectory, shape.QueryItems, shape.TrainItems))
        {
            for (var first = 0; first < shape.QueryItems; first += groupSize)
            {
                using var group = QueryGroup.Read(store, batches, first, Math.Min(groupSize, shape.QueryItems - first));
                using var parts = options.Control is { } control ? QueryGroup.Read(control.Traces, batches, first, group.Count, negative: true) : null;
                statistics.Add(group, new BlockScores(batches, group, options.Centering, parts, options.Control));
                var done = 0;
                OverBlocks(blocks, threads, () => new ItemBlockSums(store, batches, group.Count, options.Control), (block, sums) =>
                {
                    Score(block, sums, batches, group, parts, options.Centering, statistics, files);
                    var finished = Interlocked.Increment(ref done) * (double)group.Count / blocks;
                    progress?.Invoke((group.First + finished) / shape.QueryItems);
                });
            }

            files.Publish(statistics);
        }

        var scoring = clock.Elapsed.TotalSeconds;
        var diagnostics = Diagnosis.Of(store, statistics, options with { Threads = Math.Max(1, options.Threads) }, scoresDirectory);
        return new(
            diagnostics, Verdict.Of(diagnostics), scoring, clock.Elapsed.TotalSeconds - scoring,
            (threads * BlockBytes(store, batches, groupSize)) + ((long)groupSize * batches.Sum(batch => batch.Count) * sizeof(float)));
    }

    private static void Score(
        int block, ItemBlockSums sums, DrawBatch[] batches, QueryGroup group, QueryGroup? parts, Centering centering, RunStatistics statistics, ScoreFiles files)
    {
        sums.Fill(block, group, parts, group.First == 0 ? statistics.Watched : null);
        var scores = new BlockScores(batches, group, centering, parts, sums.Control, sums.Padded);
        var items = new ItemMoments(batches, sums, centering, scores.Freedoms);
        var result = new QueryScores(sums.Padded);
        if (group.First == 0)
        {
            statistics.Add(sums, items, scores.Freedom);
        }

        for (var query = 0; query < group.Count; query++)
        {
            scores.Score(query, sums, items, result);
            files.Write(group.First + query, sums.First, sums.Count, result);
            statistics.Add(group.First + query, sums.First, sums.Count, result);
        }
    }

    // Queries handled in one pass over the training traces: as many as the sums and the queries' own losses leave room for.
    private static int GroupSize(TraceStore store, DrawBatch[] batches, int threads)
    {
        var perQuery = BlockBytes(store, batches, 1) - BlockBytes(store, batches, 0);
        var bySums = SumsBytes / threads / perQuery;
        var byLosses = QueryBytes / sizeof(float) / batches.Sum(batch => (long)batch.Count);
        var fitting = Math.Min(bySums, byLosses) / CrossProducts.QueryStep * CrossProducts.QueryStep;
        return (int)Math.Min(store.Shape.QueryItems, Math.Max(CrossProducts.QueryStep, fitting));
    }

    private static long BlockBytes(TraceStore store, DrawBatch[] batches, int queries)
        => store.TrainColumns * (((long)queries * batches.Length * sizeof(float)) + (6L * batches.Length * sizeof(double)) + (2L * store.Shape.DrawsPerBlock * sizeof(float)));

    // Blocks are dealt out one by one to threads that each keep their own room; the first failure ends all.
    private static void OverBlocks<TRoom>(int blocks, int threads, Func<TRoom> room, Action<int, TRoom> work) where TRoom : IDisposable
    {
        var next = -1;
        ExceptionDispatchInfo? failure = null;
        void Work()
        {
            try
            {
                using var own = room();
                for (var block = Interlocked.Increment(ref next); block < blocks && failure is null; block = Interlocked.Increment(ref next))
                {
                    work(block, own);
                }
            }
            catch (Exception error)
            {
                failure = ExceptionDispatchInfo.Capture(error);
            }
        }

        var helpers = Enumerable.Range(1, threads - 1).Select(_ => new Thread(Work)).ToList();
        helpers.ForEach(helper => helper.Start());
        Work();
        helpers.ForEach(helper => helper.Join());
        failure?.Throw();
    }
}
