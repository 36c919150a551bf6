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
        var (together, alone, single) = (double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity);
        var clock = Stopwatch.StartNew();
        for (var round = 0; round < 2 || clock.Elapsed.TotalSeconds < 4 * seconds; round++)
        {
            var size = RetrainingPool.BlockSize(problem);
            together = Math.Min(together, Milliseconds(Models(threads * size), models => RetrainingPool.Run(problem, [.. models.Chunk(size)], threads, static (_, _) => { }, CancellationToken.None)));
            alone = Math.Min(alone, Milliseconds(Models(2), models => RetrainingPool.RunOneByOne(problem, models, threads)));
            single = Math.Min(single, Milliseconds(Models(2), models => RetrainingPool.RunOneByOne(problem, models, 1)));
        }

        const string Target = "at most a third of one after another";
        yield return new BenchmarkRow("retraining of a 784-128-10 network side by side; alone: all threads in each operator", together, alone, "ms", Target);
        yield return new BenchmarkRow("the same; alone: one thread", together, single, "ms", Target);
    }

    private static RetrainedModel[] Models(int count)
        => [.. Enumerable.Range(0, count).Select(index => new RetrainedModel(index, 0, [.. Enumerable.Range(0, Items / 2).Select(item => (2 * item) + (index % 2))], (ulong)index))];

    private static double Milliseconds(RetrainedModel[] models, Action<RetrainedModel[]> train)
    {
        var clock = Stopwatch.StartNew();
        train(models);
        return clock.Elapsed.TotalMilliseconds / models.Length;
    }
}
