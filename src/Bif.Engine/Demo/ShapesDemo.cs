using System.Text.Json.Nodes;
using Bif.Engine.Runs;
using Bif.Engine.Training;

namespace Bif.Engine.Demo;

/// <summary>
/// The demo that needs no download: 2,000 drawn training images and 60 queries of ten shapes (32×32, CIFAR-10's binary
/// form) with planted copies and wrong labels, and a small convolutional network trained on them.
/// </summary>
public static class ShapesDemo
{
    private const ulong Seed = 1;
    private const int Epochs = 25;

    /// <summary>The demo's paths in a folder, whether it is there or not.</summary>
    public static DemoPaths At(string folder) => new(
        folder, folder + "@train", folder + "@test", Path.Combine(folder, "model"), Path.Combine(folder, "truth.json"));

    /// <summary>
    /// Draws the data and trains the network, in well under a minute on two cores. A folder that holds the whole demo is
    /// left as it is; truth.json is written last, so that where it is the rest is whole. The same on every call, up to the
    /// rounding of training on another machine.
    /// </summary>
    /// <param name="folder">The folder to write; created if missing.</param>
    /// <param name="progress">Receives reports, or null.</param>
    /// <param name="cancellation">Stops; what was written so far is completed by the next call.</param>
    /// <exception cref="InputException">The folder holds something else, or cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static DemoPaths Write(string folder, Action<DemoProgress>? progress, CancellationToken cancellation)
    {
        var paths = At(DemoFolder.Named(folder));
        string[] own = ["data_batch_1.bin", "test_batch.bin", "batches.meta.txt", "model"];
        return DemoFolder.Fill(paths, own, () => DemoTruth.Read(paths.Truth).Seed == Seed, progress, () =>
        {
            var data = new DemoData(Seed);
            progress?.Invoke(new DemoProgress(0, "drawing the pictures"));
            WriteRecords(Path.Combine(paths.Folder, own[0]), data.TrainRecords(cancellation));
            WriteRecords(Path.Combine(paths.Folder, own[1]), data.QueryRecords(cancellation));
            RunDirectory.Replace(Path.Combine(paths.Folder, own[2]), string.Join('\n', data.Truth.ClassNames) + "\n");
            progress?.Invoke(new DemoProgress(0.1, $"drew {data.Truth.TrainCount:N0} training images and {data.Truth.QueryCount} queries"));
            Train(paths, progress, cancellation);
            cancellation.ThrowIfCancellationRequested();
            data.Truth.Write(paths.Truth);
        });
    }

    private static void Train(DemoPaths paths, Action<DemoProgress>? progress, CancellationToken cancellation) => Trainer.Run(
        new TrainingSpec
        {
            Config = new JsonObject { ["model_type"] = "convnet", ["widths"] = new JsonArray(8, 16, 32, 48) },
            Data = paths.Train,
            Validation = paths.Queries,
            Out = paths.Model,
            Epochs = Epochs,
            Batch = 50,
            Optimizer = "adamw",
            LearningRate = 4e-3,

            // Strong decay keeps the network from learning the wrong labels by heart.
            WeightDecay = 1,
            Seed = Seed,
        },
        epoch => progress?.Invoke(new DemoProgress(
            0.1 + (0.9 * epoch.Epoch / epoch.Epochs),
            $"training: epoch {epoch.Epoch} of {epoch.Epochs}, loss {epoch.Loss:F3} nats, {epoch.ValidationAccuracy:P0} of the queries right")),
        cancellation);

    private static void WriteRecords(string file, byte[][] records)
    {
        using (var stream = new FileStream(file + ".part", FileMode.Create, FileAccess.Write))
        {
            Array.ForEach(records, record => stream.Write(record));
        }

        File.Move(file + ".part", file, overwrite: true);
    }
}
