using System.Text.Json.Nodes;
using Bif.Engine.Baselines;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Training;
using static TorchSharp.torch;

namespace Bif.Engine.Tests.Baselines;

/// <summary>A tiny network with new weights on random pictures, in memory; queries copy training items where asked.</summary>
internal sealed class TinyProblem : IDisposable
{
    public const int Classes = 3;
    public static readonly JsonObject Perceptron = new()
    {
        ["model_type"] = "mlp", ["hidden_sizes"] = new JsonArray(4), ["num_labels"] = Classes, ["input_size"] = 25, ["activation"] = "tanh",
    };

    public static readonly JsonObject Logistic = new() { ["model_type"] = "mlp", ["hidden_sizes"] = new JsonArray(), ["num_labels"] = Classes, ["input_size"] = 25 };

    public static readonly JsonObject Convolutional = new()
    {
        ["model_type"] = "convnet", ["widths"] = new JsonArray(2, 3), ["num_channels"] = 1, ["image_size"] = 5, ["num_labels"] = Classes, ["activation"] = "tanh",
    };

    public static readonly JsonObject Normalised = new() { ["model_type"] = "cifar_resnet", ["depth"] = 8, ["num_channels"] = 1, ["num_labels"] = Classes };

    private readonly List<IDisposable> _parts = [];

    public TinyProblem(JsonObject config, int items = 12, int queries = 4, int copies = 0, int size = 5, MethodOptions? options = null, int piece = 5, int seed = 1)
    {
        Model = Create(config, (ulong)seed);
        var random = new Random(seed);
        byte[] Picture()
        {
            var bytes = new byte[size * size];
            random.NextBytes(bytes);
            return bytes;
        }

        Pictures = [.. Enumerable.Range(0, items).Select(_ => Picture())];
        Labels = [.. Enumerable.Range(0, items).Select(_ => random.Next(Classes))];
        QueryPictures = [.. Enumerable.Range(0, queries).Select(query => query < copies ? Pictures[query] : Picture())];
        QueryLabels = [.. Enumerable.Range(0, queries).Select(query => query < copies ? Labels[query] : random.Next(Classes))];
        var (train, asked) = (Dataset(Pictures, Labels, size), Dataset(QueryPictures, QueryLabels, size));
        var (trainFeed, queryFeed) = (new DataFeed(train, null, CPU), new DataFeed(asked, null, CPU));
        _parts.AddRange([trainFeed, queryFeed, train, asked, Model]);
        Context = new MethodContext(Model, ParameterSelection.All(Model.Layout), Model.Parameters, train, asked, trainFeed, queryFeed, 500, 20, piece, options ?? new MethodOptions());
    }

    /// <summary>A network with new weights.</summary>
    public static Model Create(JsonObject config, ulong seed)
    {
        var named = new ModelConfig(config.DeepClone().AsObject(), "config.json");
        var architecture = ArchitectureCatalog.Create(new ModelSource(named, _ => null));
        using var scope = NewDisposeScope();
        return Model.FromValues(named, architecture, WeightInitializer.Parameters(architecture.Layout, seed), [.. WeightInitializer.Buffers(architecture.Layout)]);
    }

    public Model Model { get; }

    public byte[][] Pictures { get; }

    public int[] Labels { get; }

    public byte[][] QueryPictures { get; }

    public int[] QueryLabels { get; }

    public MethodContext Context { get; }

    public int Items => Labels.Length;

    public int Queries => QueryLabels.Length;

    /// <summary>Scores [query, item] of a method, negative = helpful.</summary>
    public float[,] Scores(string method)
    {
        var values = AttributionMethodCatalog.Create(method).Score(Context, null, default).Values;
        var scores = new float[Queries, Items];
        Buffer.BlockCopy(values, 0, scores, 0, values.Length * sizeof(float));
        return scores;
    }

    public void Dispose() => _parts.ForEach(part => part.Dispose());

    private static Dataset Dataset(byte[][] pictures, int[] labels, int size)
    {
        var bytes = size * size;
        var memory = RawMemory.Allocate((long)bytes * pictures.Length);
        for (var item = 0; item < pictures.Length; item++)
        {
            pictures[item].CopyTo(memory.Span((long)item * bytes, bytes));
        }

        var raw = new RawDataset("random pixels", new RecordReader(memory, ElementType.UInt8, [1, size, size], pictures.Length, 0, bytes), labels, null);
        return raw.Slice(DataPath.Parse("random"));
    }
}
