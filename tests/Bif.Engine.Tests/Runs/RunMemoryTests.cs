using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using Bif.Engine.Models;
using Bif.Engine.Runs;
using Bif.Testing;
using Xunit;

namespace Bif.Engine.Tests.Runs;

/// <summary>Models of billions of parameters as files with holes: only their headers are ever read.</summary>
public sealed class RunMemoryTests
{
    [Fact]
    public void The_memory_of_a_billion_parameters_is_known_from_the_headers()
    {
        using var folder = new TemporaryFolder();
        var parameters = Write(folder, size: 2048, inner: 5632, depth: 22, vocabulary: 32000);
        Assert.InRange(parameters, 1_000_000_000, 1_300_000_000);
        var spec = new RunSpec { Model = folder.Root, Data = "none", Queries = "none", Context = 512 };
        var two = RunMemory.Ahead(spec, threads: 2)!;
        Assert.Equal((4 * parameters, 8 * parameters, 2), (two.CheckpointBytes, two.ChainBytes, two.Chains));
        Assert.Contains($"{20 * parameters / (double)(1 << 30):N1} GiB for weights", two.Describe(), StringComparison.Ordinal);
        Assert.Equal(1, RunMemory.Ahead(spec with { Device = "cuda:0" }, threads: 2)!.Chains);
        var part = RunMemory.Ahead(spec with { Parameters = ["model.layers.21.*"] }, threads: 1)!;
        Assert.InRange(part.TotalBytes, 4 * parameters, 5 * parameters);
    }

    [Fact]
    public void What_cannot_fit_is_refused_before_anything_is_loaded()
    {
        using var folder = new TemporaryFolder();
        Write(folder, size: 8192, inner: 28672, depth: 80, vocabulary: 128256);
        var error = Assert.Throws<InputException>(() => AttributionRun.Execute(
            new RunSpec { Model = folder.Root, Data = "none", Queries = "none" }, folder.At("run"), resume: false, null, CancellationToken.None));
        Assert.Contains("GiB of memory for weights", error.Message, StringComparison.Ordinal);
        Assert.Contains("free", error.Message, StringComparison.Ordinal);
    }

    private static long Write(TemporaryFolder folder, int size, int inner, int depth, int vocabulary)
    {
        var config = new JsonObject
        {
            ["model_type"] = "llama", ["hidden_size"] = size, ["num_attention_heads"] = 32, ["num_key_value_heads"] = 4, ["num_hidden_layers"] = depth,
            ["intermediate_size"] = inner, ["vocab_size"] = vocabulary, ["max_position_embeddings"] = 2048,
        };
        File.WriteAllText(folder.At("config.json"), config.ToJsonString());
        var layout = ArchitectureCatalog.Create(new ModelSource(new ModelConfig(config, "config.json"), _ => null)).Layout;
        var header = new JsonObject();
        foreach (var spec in layout.Parameters)
        {
            header[spec.Name] = new JsonObject
            {
                ["dtype"] = "BF16", ["shape"] = new JsonArray([.. spec.Shape.Select(length => JsonValue.Create(length))]),
                ["data_offsets"] = new JsonArray(2 * spec.Offset, 2 * (spec.Offset + spec.Length)),
            };
        }

        var json = Encoding.UTF8.GetBytes(header.ToJsonString());
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        using var file = File.Create(folder.At("model.safetensors"));
        file.Write(length);
        file.Write(json);
        file.SetLength(8 + json.Length + (2 * layout.ParameterCount));
        return layout.ParameterCount;
    }
}
