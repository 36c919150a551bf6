using System.Text.Json.Nodes;
using Bif.Engine.Data;
using Bif.Engine.Models;
using static TorchSharp.torch;

namespace Bif.Engine.Training;

/// <summary>A network with new weights and random items of the right shape: work of a known size for measurements.</summary>
public static class SyntheticProblem
{
    /// <summary>Creates the pair; the caller disposes both.</summary>
    /// <param name="config">The network's configuration.</param>
    /// <param name="shape">[channels, height, width].</param>
    /// <param name="items">How many items.</param>
    /// <param name="device">Where the network's values lie; null: on the CPU.</param>
    public static (Model Model, Dataset Data) Create(JsonObject config, long[] shape, int items, Device? device = null)
    {
        using var scope = NewDisposeScope();
        var model = NewModel(config, device ?? CPU);
        var bytes = RecordReader.ItemBytes(ElementType.UInt8, shape);
        var memory = RawMemory.Allocate((long)bytes * items);
        var random = new Random(1);
        for (var item = 0; item < items; item++)
        {
            random.NextBytes(memory.Span((long)item * bytes, bytes));
        }

        var raw = new RawDataset(
            "random pixels",
            new RecordReader(memory, ElementType.UInt8, shape, items, 0, bytes),
            [.. Enumerable.Range(0, items).Select(_ => random.Next(10))],
            null);
        return (model, raw.Slice(DataPath.Parse("random")));
    }

    /// <summary>Creates a language model and texts of random tokens; the caller disposes both.</summary>
    /// <param name="config">The network's configuration.</param>
    /// <param name="items">How many texts.</param>
    /// <param name="length">Tokens of each, all but the first with a loss.</param>
    /// <param name="device">Where the network's values lie; null: on the CPU.</param>
    public static (Model Model, Dataset Data) CreateText(JsonObject config, int items, int length, Device? device = null)
    {
        using var scope = NewDisposeScope();
        var model = NewModel(config, device ?? CPU);
        var vocabulary = ((LanguageModel)model.Architecture).VocabularySize;
        var random = new Random(1);
        var tokens = items * length;
        var text = new TextItems(
            [.. Enumerable.Range(0, tokens).Select(_ => random.Next(vocabulary))], new int[tokens], new int[tokens],
            [.. Enumerable.Range(0, items + 1).Select(item => item * length)], [.. Enumerable.Repeat("", items)], new int[items], new int[items], vocabulary);
        return (model, new RawDataset("random tokens", new TokenReader(text), null, null, Text: text).Slice(DataPath.Parse("random")));
    }

    private static Model NewModel(JsonObject config, Device device)
    {
        var named = new ModelConfig(config, "config.json");
        var architecture = ArchitectureCatalog.Create(new ModelSource(named, _ => null));
        return Model.FromValues(
            named, architecture, WeightInitializer.Parameters(architecture.Layout, 1).to(device),
            [.. WeightInitializer.Buffers(architecture.Layout).Select(buffer => buffer.to(device))]);
    }
}
