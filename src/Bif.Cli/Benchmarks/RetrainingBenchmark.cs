using System.Diagnostics;
using System.Text.Json.Nodes;
using Bif.Engine.Retraining;
using Bif.Engine.Training;

namespace Bif.Cli.Benchmarks;

/// <summary>
/// Time per model of the bank that <c>bif lds</c> makes for an MNIST network (500 of 1,000 images, 60 epochs of batches of
/// 50), against training them one after another, in turn. Random pixels take as long as digits.
/// </summary>
internal static class RetrainingBenchmark
{
    private const int Items = 1000;
    private const int Queries = 200;
    private static readonly TrainingSpec Recipe = new()
    {
        Config = [], Data = "", Out = "", Epochs = 60, Batch = 50, LearningRate = 0.05, WeightDecay = 1e-3, Schedule = "linear",
    };

    /// <summary>Milliseconds per retraining, the best of several rounds each.</summary>
    public static IEnumerable<BenchmarkRow> Run(double seconds)
    {
        var config = new JsonObject { ["model_type"] = "mlp", ["hidden_sizes"] = new JsonArray(128), ["num_labels"] = 10, ["num_channels"] = 1, ["image_size"] = 28 };
        var (model, data) = SyntheticProblem.Create(config, [1, 28, 28], Items);
        var (other, queries) = SyntheticProblem.Create((JsonObject)config.DeepClone(), [1, 28, 28], Queries);
        other.Dispose();
        using var problem = RetrainingProblem.Of(model, data, queries, Recipe);
        var threads = Environment.ProcessorCount;
        var (together, alone, single) = (Cost.None, Cost.None, Cost.None);
        var clock = Stopwatch.StartNew();
        for (var round = 0; round < 2 || clock.Elapsed.TotalSeconds < 4 * seconds; round++)
        {
            var size = RetrainingPool.BlockSize(problem);
            together = together.Best(Models(threads * size), models => RetrainingPool.Run(problem, [.. models.Chunk(size)], threads, static (_, _) => { }, CancellationToken.None));
            alone = alone.Best(Models(2), models => RetrainingPool.RunOneByOne(problem, models, threads));
            single = single.Best(Models(2), models => RetrainingPool.RunOneByOne(problem, models, 1));
        }

        const string Target = "at most a third of one after another";
        yield return new BenchmarkRow("retraining side by side; alone, all threads in each operator", together.Wall, alone.Wall, "ms", Target);
        yield return new BenchmarkRow("retraining side by side; alone, one thread", together.Wall, single.Wall, "ms", Target);

        // What the second row would be with nothing else on the machine.
        yield return new BenchmarkRow("the same by processor time, shared among the cores", together.Processor / threads, single.Processor, "ms", Target);
    }

    private static RetrainedModel[] Models(int count)
        => [.. Enumerable.Range(0, count).Select(index => new RetrainedModel(index, 0, [.. Enumerable.Range(0, Items / 2).Select(item => (2 * item) + (index % 2))], (ulong)index))];

    /// <summary>Milliseconds per model, the best seen.</summary>
    private readonly record struct Cost(double Wall, double Processor)
    {
        public static Cost None => new(double.PositiveInfinity, double.PositiveInfinity);

        public Cost Best(RetrainedModel[] models, Action<RetrainedModel[]> train)
        {
            using var process = Process.GetCurrentProcess();
            var (clock, before) = (Stopwatch.StartNew(), process.TotalProcessorTime);
            train(models);
            var wall = clock.Elapsed.TotalMilliseconds;
            process.Refresh();
            return new(Math.Min(Wall, wall / models.Length), Math.Min(Processor, (process.TotalProcessorTime - before).TotalMilliseconds / models.Length));
        }
    }
}
