using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Engine.Tests.Models;

/// <summary>Folders as they come from Hugging Face, of random weights, against a plain forward pass in double precision.</summary>
public sealed class LanguageVariantTests
{
    private const string Llama = """{"model_type":"llama","hidden_size":24,"num_attention_heads":4,"num_hidden_layers":2,"intermediate_size":40,"vocab_size":50,"max_position_embeddings":32}""";
    private const string NeoX = """{"model_type":"gpt_neox","hidden_size":32,"num_attention_heads":2,"num_hidden_layers":2,"intermediate_size":48,"vocab_size":50,"max_position_embeddings":32}""";
    private const string Gpt2 = """{"model_type":"gpt2","n_embd":24,"n_head":4,"n_layer":2,"n_positions":32,"vocab_size":50}""";

    private static readonly int[] Tokens = [3, 17, 17, 4, 49, 0, 8, 21, 33, 5, 5, 12];

    [Theory]
    [InlineData(Llama, "{}")]
    [InlineData(Llama, """{"num_key_value_heads":2,"rope_theta":500000.0,"rope_scaling":null,"rms_norm_eps":1e-5}""")]
    [InlineData(Llama, """{"num_key_value_heads":1,"tie_word_embeddings":true,"rope_theta":100,"hidden_act":"gelu"}""")]
    [InlineData(Llama, """{"head_dim":10,"attention_bias":true,"mlp_bias":true,"num_key_value_heads":null}""")]
    [InlineData(Llama, """{"rope_parameters":{"rope_type":"default","rope_theta":50.0},"head_dim":null,"eos_token_id":[7,9]}""")]
    [InlineData(Llama, """{"rope_scaling":{"type":"linear","factor":4}}""")]
    [InlineData(Llama, """{"rope_theta":100,"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4,"original_max_position_embeddings":20}}""")]
    [InlineData(NeoX, "{}")]
    [InlineData(NeoX, """{"rotary_pct":0.5,"rotary_emb_base":500,"use_parallel_residual":false,"hidden_act":"gelu_new"}""")]
    [InlineData(NeoX, """{"rotary_pct":1.0,"tie_word_embeddings":true,"attention_bias":false,"hidden_act":"relu"}""")]
    [InlineData(NeoX, """{"rope_parameters":{"rope_type":"default","rope_theta":50.0,"partial_rotary_factor":0.5},"rope_scaling":null}""")]
    [InlineData(Gpt2, "{}")]
    [InlineData(Gpt2, """{"n_inner":30,"activation_function":"quick_gelu","layer_norm_epsilon":1e-3,"n_ctx":32}""")]
    [InlineData(Gpt2, """{"n_inner":null,"activation_function":"gelu","tie_word_embeddings":false}""")]
    public void A_variant_gives_the_losses_of_a_plain_forward_pass(string family, string fields)
    {
        foreach (var prefix in family == Gpt2 ? new[] { "", "transformer." } : [""])
        {
            using var folder = new TemporaryFolder();
            var (config, tensors) = Variant(family, fields, prefix, seed: 5);
            Write(folder, config, tensors, "F32");
            Close(new NaiveLanguageModel(config, tensors).Losses(Tokens), Losses(folder.Root), 2e-4);
        }
    }

    [Theory]
    [InlineData("BF16")]
    [InlineData("F16")]
    public void Weights_of_half_precision_are_read_exactly(string type)
    {
        using var folder = new TemporaryFolder();
        var (config, tensors) = Variant(NeoX, "{}", "", seed: 6);
        Write(folder, config, tensors, type);
        var rounded = tensors.ToDictionary(pair => pair.Key, pair => (pair.Value.Shape, pair.Value.Values.Select(value => Rounded(value, type).Value).ToArray()));
        Close(new NaiveLanguageModel(config, rounded).Losses(Tokens), Losses(folder.Root), 2e-4);
    }

    [Theory]
    [InlineData(Llama, "lm_head.weight", "model.layers.0.self_attn.rotary_emb.inv_freq", """{"tie_word_embeddings":true}""")]
    [InlineData(NeoX, "gpt_neox.layers.1.attention.masked_bias", "gpt_neox.layers.1.attention.rotary_emb.inv_freq", "{}")]
    [InlineData(Gpt2, "lm_head.weight", "h.1.attn.masked_bias", "{}")]
    public void Buffers_and_copies_of_the_embedding_in_the_file_change_nothing(string family, string first, string second, string fields)
    {
        using var folder = new TemporaryFolder();
        var (config, tensors) = Variant(family, fields, "", seed: 7);
        var extended = new Dictionary<string, (long[], float[])>(tensors) { [first] = ([2], [1f, 2f]), [second] = ([1], [9f]) };
        Write(folder, config, extended, "F32");
        Close(new NaiveLanguageModel(config, tensors).Losses(Tokens), Losses(folder.Root), 2e-4);
    }

    [Theory]
    [InlineData(Llama, """{"rope_scaling":{"rope_type":"longrope","factor":4}}""", "longrope")]
    [InlineData(Llama, """{"rope_scaling":{"rope_type":"llama3","factor":8}}""", "low_freq_factor")]
    [InlineData(Llama, """{"partial_rotary_factor":0.5}""", "partial_rotary_factor")]
    [InlineData(Llama, """{"hidden_act":"mish"}""", "mish")]
    [InlineData(Llama, """{"num_key_value_heads":3}""", "num_key_value_heads")]
    [InlineData(NeoX, """{"rotary_pct":0.1}""", "rotary fraction")]
    [InlineData(Gpt2, """{"scale_attn_by_inverse_layer_idx":true}""", "scale_attn_by_inverse_layer_idx")]
    [InlineData(Gpt2, """{"scale_attn_weights":false}""", "scale_attn_weights")]
    public void What_is_not_supported_is_refused_by_name(string family, string fields, string name)
    {
        var error = Assert.Throws<InputException>(() => ArchitectureCatalog.Create(new ModelSource(new ModelConfig(Merged(family, fields), "config.json"), _ => null)));
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Llama, "lm_head.weight")]
    [InlineData(NeoX, "gpt_neox.layers.1.mlp.dense_4h_to_h.bias")]
    public void A_missing_tensor_is_named(string family, string name)
    {
        using var folder = new TemporaryFolder();
        var (config, tensors) = Variant(family, "{}", "", seed: 8);
        Write(folder, config, tensors.Where(pair => pair.Key != name).ToDictionary(), "F32");
        Assert.Contains(name, Assert.Throws<InputException>(() => Model.Load(folder.Root, CPU)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Llama, """{"num_key_value_heads":2}""")]
    [InlineData(NeoX, "{}")]
    [InlineData(Gpt2, "{}")]
    public void Passes_in_bfloat16_stay_close_and_their_gradients_reach_the_float32_weights(string family, string fields)
    {
        using var folder = new TemporaryFolder();
        var (config, tensors) = Variant(family, fields, "", seed: 9);
        Write(folder, config, tensors, "F32");
        using var scope = NewDisposeScope();
        using var model = Model.Load(folder.Root, CPU);
        var ids = tensor(Tokens.Select(token => (long)token).ToArray(), [1, Tokens.Length]);
        var batch = new Batch(ids.narrow(1, 0, Tokens.Length - 1), ids.narrow(1, 1, Tokens.Length - 1));
        var (losses, gradients) = (new List<Tensor>(), new List<Tensor>());
        foreach (var precision in new[] { ScalarType.Float32, ScalarType.BFloat16 })
        {
            var vector = model.Parameters.clone();
            var gradient = zeros_like(vector);
            using var weights = model.Bind(ParameterSelection.All(model.Layout), vector, gradient, precision);
            var values = model.TokenLosses(weights, batch);
            values.sum().backward();
            Assert.Equal((ScalarType.Float32, ScalarType.Float32), (values.dtype, gradient.dtype));
            losses.Add(values.detach());
            gradients.Add(gradient);
        }

        var error = (losses[0] - losses[1]).abs().max().item<float>();
        Assert.InRange(error, 1e-5, 0.15);
        var cosine = (gradients[0] * gradients[1]).sum().item<float>() / (gradients[0].norm().item<float>() * gradients[1].norm().item<float>());
        Assert.True(cosine > 0.995, $"cosine {cosine}");
    }

    private static JsonObject Merged(string family, string fields)
    {
        var config = (JsonObject)JsonNode.Parse(family)!;
        foreach (var (field, value) in (JsonObject)JsonNode.Parse(fields)!)
        {
            config[field] = value?.DeepClone();
        }

        return config;
    }

    // Names and shapes are the engine's; that they are Hugging Face's, the plain model checks, which asks for its own.
    private static (JsonObject Config, Dictionary<string, (long[] Shape, float[] Values)> Tensors) Variant(string family, string fields, string prefix, int seed)
    {
        var config = Merged(family, fields);
        var layout = ArchitectureCatalog.Create(new ModelSource(
            new ModelConfig(config, "config.json"), name => prefix.Length == 0 && name == "wte.weight" ? [50, 24] : null)).Layout;
        var random = new Random(seed);
        return (config, layout.Parameters.ToDictionary(spec => spec.Name, spec => (spec.Shape, Enumerable.Range(0, (int)spec.Length).Select(_ =>
            (float)((spec.Shape.Length == 1 && spec.Name.EndsWith("weight", StringComparison.Ordinal) ? 1 : 0) + (0.6 * (random.NextDouble() - 0.5)))).ToArray())));
    }

    private static (float Value, ushort Bits) Rounded(float value, string type)
    {
        if (type == "F16")
        {
            return ((float)(Half)value, BitConverter.HalfToUInt16Bits((Half)value));
        }

        var bits = (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
        return (BitConverter.UInt32BitsToSingle((uint)bits << 16), bits);
    }

    private static void Write(TemporaryFolder folder, JsonObject config, Dictionary<string, (long[] Shape, float[] Values)> tensors, string type)
    {
        File.WriteAllText(folder.At("config.json"), config.ToJsonString());
        var (header, data) = (new JsonObject { ["__metadata__"] = new JsonObject { ["format"] = "pt" } }, new MemoryStream());
        foreach (var (name, (shape, values)) in tensors)
        {
            var start = data.Length;
            foreach (var value in values)
            {
                data.Write(type == "F32" ? BitConverter.GetBytes(value) : BitConverter.GetBytes(Rounded(value, type).Bits));
            }

            header[name] = new JsonObject
            {
                ["dtype"] = type, ["shape"] = new JsonArray([.. shape.Select(size => JsonValue.Create(size))]), ["data_offsets"] = new JsonArray(start, data.Length),
            };
        }

        var json = Encoding.UTF8.GetBytes(header.ToJsonString());
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        File.WriteAllBytes(folder.At("model.safetensors"), [.. length, .. json, .. data.ToArray()]);
    }

    private static float[] Losses(string folder)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        using var model = Model.Load(folder, CPU);
        using var weights = model.Bind(ParameterSelection.All(model.Layout), model.Parameters, null);
        var ids = tensor(Tokens.Select(token => (long)token).ToArray(), [1, Tokens.Length]);
        return model.TokenLosses(weights, new Batch(ids.narrow(1, 0, Tokens.Length - 1), ids.narrow(1, 1, Tokens.Length - 1))).data<float>().ToArray();
    }

    private static void Close(double[] expected, float[] found, double tolerance)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var index = 0; index < expected.Length; index++)
        {
            Assert.True(Math.Abs(expected[index] - found[index]) < tolerance, $"token {index}: {found[index]} where {expected[index]} is expected (Random(seed) of the test)");
        }
    }
}
