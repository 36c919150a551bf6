using System.Globalization;
using Bif.Engine.Checkpoints;
using Bif.Engine.Retraining;
using Bif.Engine.Training;
using Bif.Testing;

namespace Bif.Engine.Tests.Retraining;

/// <summary>Three classes of points with some noise, on disk, beside a small network of any widths.</summary>
internal sealed class TinyClassification : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public TinyClassification(int items = 60, int queries = 7, string config = """{"model_type":"mlp","hidden_sizes":[6,5],"activation":"gelu","num_labels":3,"num_features":4}""")
    {
        var random = new Random(3);
        Directory.CreateDirectory(Model);
        File.WriteAllText(Path.Combine(Model, "config.json"), config);
        SafetensorsFile.Write(
            Path.Combine(Model, "model.safetensors"),
            [.. new (string, long[])[] { ("layers.0.weight", [6, 4]), ("layers.0.bias", [6]), ("layers.1.weight", [5, 6]), ("layers.1.bias", [5]), ("layers.2.weight", [3, 5]), ("layers.2.bias", [3]) }
                .Select(each => (each.Item1, each.Item2, new ReadOnlyMemory<float>(new float[each.Item2.Aggregate(1L, (product, size) => product * size)])))]);
        Write("train.csv", random, items);
        Write("test.csv", random, queries);
    }

    public string Model => _folder.At("model");

    public string Data => _folder.Root + "@train";

    public string Queries => _folder.Root + "@test";

    public static TrainingSpec Recipe { get; } = new() { Config = [], Data = "", Out = "", Epochs = 9, Batch = 8, LearningRate = 0.1, Momentum = 0.9, WeightDecay = 1e-3, Schedule = "linear", Threads = 1 };

    public RetrainingProblem Open(TrainingSpec recipe) => RetrainingProblem.Open(Model, Data, Queries, model => model.Input, recipe);

    public string At(string name) => _folder.At(name);

    public void Dispose() => _folder.Dispose();

    private void Write(string name, Random random, int count) => File.WriteAllLines(
        _folder.At(name),
        Enumerable.Range(0, count).Select(index =>
        {
            var label = random.Next(3);
            var point = Enumerable.Range(0, 4).Select(axis => ((axis == label ? 1.5 : 0) + random.NextDouble() - 0.5).ToString("F5", CultureInfo.InvariantCulture));
            return $"{string.Join(',', point)},{(index % 9 == 0 ? random.Next(3) : label)}";
        }).Prepend("a,b,c,d,label"));
}
