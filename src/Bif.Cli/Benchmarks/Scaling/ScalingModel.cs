using System.Text;
using System.Text.Json.Nodes;
using Bif.Engine.Training;

namespace Bif.Cli.Benchmarks.Scaling;

/// <summary>A model of a family of sizes, with random weights and random items: work of a known size, whose scores mean nothing.</summary>
/// <param name="Family">language or convolutional.</param>
/// <param name="Name">Its size in words.</param>
/// <param name="Config">The configuration.</param>
internal sealed record ScalingModel(string Family, string Name, JsonObject Config)
{
    /// <summary>GPT-NeoX (Pythia's shape) on bytes.</summary>
    public const string Language = "language";

    /// <summary>A plain network of three convolutions of stride 2 on pictures of 32×32.</summary>
    public const string Convolutional = "convolutional";

    /// <summary>Tokens of a text item.</summary>
    public const int Context = 128;

    private const int PictureBytes = 3072;

    /// <summary>The sizes, each family from small to large; the large ones are for GPUs, and are named where they do not fit.</summary>
    public static IReadOnlyList<ScalingModel> All { get; } =
    [
        .. new[] { (2, 64), (2, 128), (4, 256), (6, 512), (12, 768), (24, 1024), (24, 2048) }.Select(size => Transformer(size.Item1, size.Item2)),
        .. new[] { 1, 2, 4, 8, 16, 32, 64 }.Select(Convolutions),
    ];

    /// <summary>Writes model and data folders; returns the model's folder and data paths of n items and q queries.</summary>
    public (string Model, string Data, string Queries) Write(string folder, int items, int queries)
    {
        var (model, data) = (Path.Combine(folder, "model"), Path.Combine(folder, "data"));
        Directory.CreateDirectory(data);
        var random = new Random(1);
        var source = Path.Combine(data, Family == Language ? "text.txt" : "data_batch_1.bin");
        if (Family == Language)
        {
            // Each item takes a token more than its context, and a few are lost at the end.
            File.WriteAllText(source, Letters(random, (items + queries + 4) * (Context + 1)));
        }
        else
        {
            File.WriteAllBytes(source, Pictures(random, items + queries));
        }

        // No epoch: the weights that a training would begin with.
        Trainer.Run(
            new TrainingSpec
            {
                Config = (JsonObject)Config.DeepClone(), Data = source, Out = model, Epochs = 0, Vocabulary = 257, Context = Context, Windows = "packed", Threads = 1,
            },
            null,
            CancellationToken.None);
        return (model, $"{source}[0:{items}]", $"{source}[{items}:{items + queries}]");
    }

    private static ScalingModel Transformer(int depth, int width) => new(Language, $"{depth} × {width}", new JsonObject
    {
        ["model_type"] = "gpt_neox", ["hidden_size"] = width, ["num_hidden_layers"] = depth, ["num_attention_heads"] = Math.Max(2, width / 64), ["intermediate_size"] = 4 * width,
    });

    private static ScalingModel Convolutions(int scale) => new(Convolutional, $"{8 * scale}, {16 * scale}, {32 * scale}", new JsonObject
    {
        ["model_type"] = "convnet", ["widths"] = new JsonArray(8 * scale, 16 * scale, 32 * scale), ["num_labels"] = 10,
    });

    private static string Letters(Random random, int count)
    {
        var text = new StringBuilder(count);
        while (text.Length < count)
        {
            text.Append(random.Next(6) == 0 ? ' ' : (char)('a' + random.Next(26)));
        }

        return text.ToString();
    }

    // CIFAR's records: a label, then the pixels.
    private static byte[] Pictures(Random random, int count)
    {
        var bytes = new byte[count * (PictureBytes + 1)];
        random.NextBytes(bytes);
        for (var record = 0; record < count; record++)
        {
            bytes[record * (PictureBytes + 1)] = (byte)random.Next(10);
        }

        return bytes;
    }
}
