using System.Diagnostics;
using Bif.Engine.Attribution;
using Bif.Engine.Traces;

namespace Bif.Cli.Benchmarks;

/// <summary>Scores from a trace beside reading the trace once, both from the page cache, on random losses in a temporary folder.</summary>
internal static class CorrelationBenchmark
{
    private const int Items = 10_000;
    private const int Draws = 2_000;
    private const int Queries = 100;
    private const int Chains = 4;

    /// <summary>Milliseconds of the scoring pass (scores, errors, halves) and of reading, the best of several rounds each.</summary>
    public static IEnumerable<BenchmarkRow> Run(double seconds)
    {
        var folder = Directory.CreateTempSubdirectory("bif-bench-").FullName;
        try
        {
            var store = Write(Path.Combine(folder, "traces.zarr"));
            var (read, score) = (double.PositiveInfinity, double.PositiveInfinity);
            var clock = Stopwatch.StartNew();
            for (var round = 0; round < 3 || clock.Elapsed.TotalSeconds < 2 * seconds; round++)
            {
                read = Math.Min(read, Read(store));
                // A new folder each time, as after a run: replacing files makes the file system write the old ones out.
                var scores = Path.Combine(folder, $"scores-{round}");
                var result = AttributionEstimator.Run(store, scores, new AttributionOptions(Threads: Environment.ProcessorCount));
                score = Math.Min(score, result.ScoringSeconds);
                Directory.Delete(scores, recursive: true);
            }

            yield return new BenchmarkRow(
                $"scores of {Items:N0} items, {Draws:N0} draws, {Queries} queries", score * 1000, read * 1000, "ms", "at most 2 readings of the trace");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static TraceStore Write(string directory)
    {
        var store = TraceStore.Create(directory, TraceShape.ChooseBlocks(Chains, Draws / Chains, Items, Queries));
        store.WriteInitial(new float[Items], new float[Queries]);
        var random = new Random(1);
        for (var chain = 0; chain < Chains; chain++)
        {
            for (var block = 0; block < store.Shape.Blocks; block++)
            {
                var rows = store.Shape.DrawsIn(block);
                store.WriteBlock(chain, block, Losses(random, rows * Items), Losses(random, rows * Queries), new float[rows]);
            }
        }

        return store;
    }

    private static float[] Losses(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle())];

    private static double Read(TraceStore store)
    {
        var clock = Stopwatch.StartNew();
        var shape = store.Shape;
        var losses = new float[shape.DrawsPerBlock * shape.TrainItems];
        for (var chain = 0; chain < shape.Chains; chain++)
        {
            for (var block = 0; block < shape.Blocks; block++)
            {
                store.ReadTrain(chain, block * shape.DrawsPerBlock, shape.DrawsIn(block), 0, shape.TrainItems, losses);
            }
        }

        return clock.Elapsed.TotalSeconds;
    }
}
