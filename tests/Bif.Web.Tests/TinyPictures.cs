using System.Text.Json.Nodes;
using Bif.Engine.Training;
using Bif.Testing;

namespace Bif.Web.Tests;

/// <summary>Pictures of three classes told apart by colour, in CIFAR-10's binary form, and a small network trained on them.</summary>
internal sealed record TinyPictures(string Data, string Model)
{
    public const int Train = 90;
    public const int Queries = 12;

    // Made once, then copied.
    private static readonly Lazy<string> Made = new(() =>
    {
        var folder = TemporaryFolder.UntilExit();
        Make(folder);
        return folder;
    });

    public static TinyPictures Write(string folder)
    {
        var made = Made.Value;
        foreach (var file in Directory.EnumerateFiles(made, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(folder, Path.GetRelativePath(made, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return new(folder, Path.Combine(folder, "model"));
    }

    private static void Make(string folder)
    {
        var random = new Random(5);
        File.WriteAllBytes(Path.Combine(folder, "data_batch_1.bin"), Records(random, Train));
        File.WriteAllBytes(Path.Combine(folder, "test_batch.bin"), Records(random, Queries));
        File.WriteAllText(Path.Combine(folder, "batches.meta.txt"), "red\ngreen\nblue\n");
        Trainer.Run(
            new TrainingSpec
            {
                Config = new JsonObject { ["model_type"] = "convnet", ["widths"] = new JsonArray(4, 4, 4), ["num_labels"] = 3 },
                Data = folder + "@train", Out = Path.Combine(folder, "model"), Epochs = 4, Batch = 15, Optimizer = "adamw", LearningRate = 4e-3, WeightDecay = 0.1, Seed = 1,
            },
            null,
            CancellationToken.None);
    }

    /// <summary>An order for a run with fixed settings, so that nothing is calibrated.</summary>
    public object Order(int draws = 60, string? data = null, string name = "tiny") => new
    {
        name, model = Model, data = data ?? Data + "@train", queries = Data + "@test", sampler = "sgld", epsilon = 2e-4, nbeta = 90.0, gamma = 100.0, batch = 15, chains = 2, draws, seed = 3,
    };

    private static byte[] Records(Random random, int count)
    {
        var bytes = new byte[count * 3073];
        for (var item = 0; item < count; item++)
        {
            var record = bytes.AsSpan(item * 3073, 3073);
            record[0] = (byte)(item % 3);
            random.NextBytes(record[1..]);
            foreach (ref var pixel in record.Slice(1 + (1024 * (item % 3)), 1024))
            {
                pixel = (byte)(128 + (pixel / 2));
            }
        }

        return bytes;
    }
}
