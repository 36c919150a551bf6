using System.Text.Json.Nodes;
using Bif.Engine.Checkpoints;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Tokenizers;
using Bif.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Engine.Tests.Models;

public sealed class LanguageModelTests
{
    [SharedDataFact("tiny-random/gpt-neox")]
    public void GPT_NeoX_with_parallel_residual_reproduces_its_reference() => Reproduces("tiny-random/gpt-neox");

    [SharedDataFact("tiny-random/gpt-neox-sequential")]
    public void GPT_NeoX_with_sequential_residual_reproduces_its_reference() => Reproduces("tiny-random/gpt-neox-sequential");

    [SharedDataFact("tiny-random/gpt2")]
    public void GPT2_reproduces_its_reference() => Reproduces("tiny-random/gpt2");

    [SharedDataFact("stories260K")]
    public void Stories260K_reproduces_its_token_ids_and_losses()
    {
        var folder = SharedData.At("stories260K");
        var tokenizer = Tokenizer.Load(Path.Combine(folder, "tokenizer.json"));
        using var model = Model.Load(folder, CPU);
        Assert.Equal(260032, model.Layout.ParameterCount);
        foreach (var entry in JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "reference.json")))!.AsArray())
        {
            var ids = entry!["ids"]!.AsArray().Select(id => (int)id!).ToArray();
            Assert.Equal(ids, tokenizer.Encode((string)entry["text"]!, addSpecialTokens: true).Ids.Take(ids.Length));
            Close(Numbers(entry["losses"]!), Losses(model, [ids])[0]);
        }
    }

    [SharedDataFact("tiny-random/gpt-neox", "tiny-random/gpt2", "stories260K")]
    public void Padding_and_the_company_in_a_batch_change_no_tokens_loss()
    {
        foreach (var name in new[] { "tiny-random/gpt-neox", "tiny-random/gpt2", "stories260K" })
        {
            using var model = Model.Load(SharedData.At(name), CPU);
            int[][] texts = [[5, 9, 2, 77, 31], [8, 8], [.. Enumerable.Range(3, 40)]];
            var together = Losses(model, texts);
            for (var index = 0; index < texts.Length; index++)
            {
                var alone = Losses(model, [texts[index]])[0];
                Assert.Equal(texts[index].Length - 1, alone.Length);
                Close([.. alone.Select(loss => (double)loss)], together[index], 1e-5);
            }
        }
    }

    [SharedDataFact("tiny-random/gpt-neox")]
    public void The_loss_of_a_text_is_the_sum_over_its_tokens_and_padding_has_no_gradient()
    {
        using var model = Model.Load(SharedData.At("tiny-random/gpt-neox"), CPU);
        using var scope = NewDisposeScope();
        var gradients = new List<Tensor>();
        foreach (var padding in new[] { 0, 7 })
        {
            var vector = model.Parameters.clone();
            var gradient = zeros_like(vector);
            using var weights = model.Bind(ParameterSelection.All(model.Layout), vector, gradient);
            var batch = Padded([[5, 9, 2, 77, 31]], padding);
            var losses = model.Losses(weights, batch);
            Assert.Equal(model.TokenLosses(weights, batch).sum().item<float>(), losses.item<float>(), 4);
            losses.sum().backward();
            gradients.Add(gradient);
        }

        Assert.True((gradients[0] - gradients[1]).abs().max().item<float>() < 1e-5);
        Assert.True(gradients[0].norm().item<float>() > 0.1);
    }

    [SharedDataFact("tiny-random/gpt2")]
    public void A_checkpoint_in_shards_gives_the_same_losses()
    {
        using var folder = new TemporaryFolder();
        var source = SharedData.At("tiny-random/gpt2");
        using var whole = Model.Load(source, CPU);
        File.Copy(Path.Combine(source, "config.json"), folder.At("config.json"));
        var map = new JsonObject();
        foreach (var (shard, parts) in whole.Layout.Parameters.Chunk(10).Select((parts, index) => ($"model-{index}.safetensors", parts)))
        {
            var values = whole.Parameters.data<float>().ToArray();
            SafetensorsFile.Write(folder.At(shard), parts.Select(part => (part.Name, part.Shape, (ReadOnlyMemory<float>)values.AsMemory((int)part.Offset, (int)part.Length))));
            foreach (var part in parts)
            {
                map[part.Name] = shard;
            }
        }

        File.WriteAllText(folder.At("model.safetensors.index.json"), new JsonObject { ["weight_map"] = map }.ToJsonString());
        using var sharded = Model.Load(folder.Root, CPU);
        Assert.Equal(Losses(whole, [[1, 2, 3, 4]])[0], Losses(sharded, [[1, 2, 3, 4]])[0]);
    }

    [Theory]
    [InlineData("""{"rope_type":"yarn","factor":4}""", "yarn")]
    [InlineData("""{"type":"dynamic","factor":2}""", "dynamic")]
    public void An_unsupported_rotary_scaling_is_refused_by_name(string scaling, string name)
    {
        var config = new JsonObject
        {
            ["model_type"] = "llama", ["hidden_size"] = 16, ["num_attention_heads"] = 2, ["num_hidden_layers"] = 1, ["intermediate_size"] = 32,
            ["vocab_size"] = 10, ["rope_scaling"] = JsonNode.Parse(scaling),
        };
        var error = Assert.Throws<InputException>(() => ArchitectureCatalog.Create(new ModelSource(new ModelConfig(config, "config.json"), _ => null)));
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    private static void Reproduces(string name)
    {
        using var model = Model.Load(SharedData.At(name), CPU);
        var reference = JsonNode.Parse(File.ReadAllText(SharedData.At(name + "/reference.json")))!;
        var texts = reference["input_ids"]!.AsArray().Select(row => row!.AsArray().Select(id => (int)id!).ToArray()).ToArray();
        var losses = Losses(model, texts);
        foreach (var (expected, found) in reference["token_losses"]!.AsArray().Zip(losses))
        {
            Close(Numbers(expected!), found);
        }

        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        using var weights = model.Bind(ParameterSelection.All(model.Layout), model.Parameters, null);
        var all = tensor(texts.SelectMany(text => text.Select(id => (long)id)).ToArray(), [texts.Length, texts[0].Length]);
        var logits = model.Architecture.Forward(weights, all);
        foreach (var (row, expected) in reference["last_logits_first_8"]!.AsArray().Select((expected, row) => (row, expected)))
        {
            Close(Numbers(expected!), logits.select(0, row).select(0, -1).narrow(0, 0, 8).data<float>().ToArray(), 2e-4);
        }
    }

    private static float[][] Losses(Model model, int[][] texts)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        using var weights = model.Bind(ParameterSelection.All(model.Layout), model.Parameters, null);
        var losses = model.TokenLosses(weights, Padded(texts, 0));
        return [.. texts.Select((text, row) => losses.select(0, row).data<float>().ToArray()[..(text.Length - 1)])];
    }

    private static Batch Padded(int[][] texts, int padding)
    {
        var width = texts.Max(text => text.Length) - 1 + padding;
        var (inputs, targets) = (new long[texts.Length * width], new long[texts.Length * width]);
        Array.Fill(targets, -1);
        for (var row = 0; row < texts.Length; row++)
        {
            for (var at = 0; at < texts[row].Length - 1; at++)
            {
                inputs[(row * width) + at] = texts[row][at];
                targets[(row * width) + at] = texts[row][at + 1];
            }
        }

        return new Batch(tensor(inputs, [texts.Length, width]), tensor(targets, [texts.Length, width]));
    }

    private static double[] Numbers(JsonNode list) => [.. list.AsArray().Select(value => (double)value!)];

    private static void Close(double[] expected, float[] found, double tolerance = 1e-4)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var index = 0; index < expected.Length; index++)
        {
            Assert.True(Math.Abs(expected[index] - found[index]) < tolerance, $"token {index}: {found[index]} where {expected[index]} is expected");
        }
    }
}
