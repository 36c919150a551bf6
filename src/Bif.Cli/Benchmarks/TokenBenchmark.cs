using System.Diagnostics;
using Bif.Engine.Attribution;
using Bif.Engine.Traces;

namespace Bif.Cli.Benchmarks;

/// <summary>
/// Per-token traces: how fast the losses of tokens are evaluated beside the bare forward pass, how much room they take, and what a
/// person waits for on the text page of a corpus of a million traced tokens: the passages in view shaded for another query token,
/// and the pass over the corpus that ranks it, beside reading the traces once; on random losses in a temporary folder.
/// </summary>
internal static class TokenBenchmark
{
    private const int Tokens = 1_000_000;
    private const int Chains = 4;
    private const int Draws = 400;
    private const int QueryTokens = 256;
    private const int Passages = 12;
    private const int PassageTokens = 256;

    /// <summary>All of it; shades are the median of all query tokens.</summary>
    public static IEnumerable<BenchmarkRow> Run(double seconds) => [.. TokenLossBenchmark.Run(seconds), .. Storage(), .. Waiting(seconds)];

    // Bytes on disk, metadata included, scaled to a million tokens.
    private static IEnumerable<BenchmarkRow> Storage()
    {
        const int Some = 1 << 16;
        foreach (var deviations in new[] { false, true })
        {
            var folder = Directory.CreateTempSubdirectory("bif-bench-").FullName;
            try
            {
                Write(folder, Some, deviations);
                var bytes = new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
                yield return new($"traces of a million tokens at {Draws} draws, {(deviations ? "float16" : "float32")}", bytes * (1e6 / Some) / 1e6, 4.0 * Draws, "MB", "at most 4 bytes a loss, and little more");
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private static IEnumerable<BenchmarkRow> Waiting(double seconds)
    {
        var folder = Directory.CreateTempSubdirectory("bif-bench-").FullName;
        try
        {
            var store = Write(Path.Combine(folder, "tokens.zarr"), Tokens, false);
            var scores = new TokenScores(store);
            var query = scores.OfQueries(Each(0, QueryTokens));
            SpanSeries[] passages = [];
            var first = Milliseconds(() => passages = [.. Enumerable.Range(0, Passages).Select(index => scores.OfTraining(Each(index * (Tokens / Passages), PassageTokens)))]);
            var shades = new List<double>();
            for (var token = 0; token < QueryTokens; token++)
            {
                shades.Add(Milliseconds(() =>
                {
                    foreach (var passage in passages)
                    {
                        scores.Block(query.Pick(token), passage);
                    }
                }));
            }

            shades.Sort();
            yield return new($"{Passages} passages of {PassageTokens} tokens shaded for another token", shades[shades.Count / 2], null, "ms", "below 100 ms");
            yield return new("the same passages seen for the first time", first, null, "ms", "");
            var sweep = new TokenSweep(scores, Each(0, Tokens));
            yield return new($"first ranking of {Tokens:N0} tokens at {Draws} draws", Milliseconds(() => sweep.Of(query, 0, false, CancellationToken.None)), null, "ms", "");
            var (pass, read) = (double.PositiveInfinity, double.PositiveInfinity);
            var clock = Stopwatch.StartNew();
            for (var round = 1; round < 4 || clock.Elapsed.TotalSeconds < seconds; round++)
            {
                pass = Math.Min(pass, Milliseconds(() => sweep.Of(query, round % QueryTokens, false, CancellationToken.None)));
                read = Math.Min(read, Milliseconds(() => Read(store)));
            }

            yield return new("a further ranking", pass, read, "ms", "about one reading of the traces");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static TokenSpan[] Each(int first, int count) => [.. Enumerable.Range(first, count).Select(token => new TokenSpan(token, 1))];

    private static double Milliseconds(Action work)
    {
        var clock = Stopwatch.StartNew();
        work();
        return clock.Elapsed.TotalMilliseconds;
    }

    private static TraceStore Write(string directory, int tokens, bool deviations)
    {
        var store = TraceStore.Create(directory, TraceShape.ChooseBlocks(Chains, Draws / Chains, tokens, QueryTokens), deviations: deviations);
        store.WriteInitial(new float[tokens], new float[QueryTokens]);
        var (random, losses) = (new Random(1), new float[store.Shape.DrawsPerBlock * tokens]);
        for (var chain = 0; chain < Chains; chain++)
        {
            for (var block = 0; block < store.Shape.Blocks; block++)
            {
                var rows = store.Shape.DrawsIn(block);
                foreach (ref var loss in losses.AsSpan(0, rows * tokens))
                {
                    loss = random.NextSingle();
                }

                store.WriteBlock(chain, block, losses.AsSpan(0, rows * tokens), losses.AsSpan(7, rows * QueryTokens), new float[rows]);
            }
        }

        return store;
    }

    private static void Read(TraceStore store)
    {
        var shape = store.Shape;
        var losses = new float[shape.DrawsPerBlock * shape.TrainItems];
        for (var chain = 0; chain < shape.Chains; chain++)
        {
            for (var block = 0; block < shape.Blocks; block++)
            {
                store.ReadTrain(chain, block * shape.DrawsPerBlock, shape.DrawsIn(block), 0, shape.TrainItems, losses);
            }
        }
    }
}
