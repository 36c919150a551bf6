using System.Text.Json.Nodes;

namespace Bif.Engine.Tests.Models;

/// <summary>
/// The language models written out in double precision, token by token and loop by loop, from a configuration and the tensors by
/// name as Hugging Face lays them out: shares nothing with the engine.
/// </summary>
internal sealed class NaiveLanguageModel(JsonObject config, IReadOnlyDictionary<string, (long[] Shape, float[] Values)> tensors)
{
    private readonly string _type = (string)config["model_type"]!;

    /// <summary>Cross-entropy of each token but the first, nats.</summary>
    public double[] Losses(int[] tokens)
    {
        var states = tokens.Select(Embed).ToArray();
        var depth = (int)config[_type == "gpt2" ? "n_layer" : "num_hidden_layers"]!;
        for (var layer = 0; layer < depth; layer++)
        {
            states = _type switch { "gpt2" => Gpt2Block(states, layer), "gpt_neox" => NeoXBlock(states, layer), _ => LlamaBlock(states, layer) };
        }

        var (norm, output) = _type switch
        {
            "gpt2" => (Name("ln_f"), Tied(true) ? Name("wte.weight") : "lm_head.weight"),
            "gpt_neox" => ("gpt_neox.final_layer_norm", Tied(false) ? "gpt_neox.embed_in.weight" : "embed_out.weight"),
            _ => ("model.norm", Tied(false) ? "model.embed_tokens.weight" : "lm_head.weight"),
        };
        return [.. tokens.Skip(1).Select((target, at) =>
        {
            var logits = Times(Normalised(states[at], norm), output);
            var largest = logits.Max();
            return largest + Math.Log(logits.Sum(logit => Math.Exp(logit - largest))) - logits[target];
        })];
    }

    private double[] Embed(int token, int position) => _type switch
    {
        "gpt2" => Sum(Row(Name("wte.weight"), token), Row(Name("wpe.weight"), position)),
        "gpt_neox" => Row("gpt_neox.embed_in.weight", token),
        _ => Row("model.embed_tokens.weight", token),
    };

    private double[][] Gpt2Block(double[][] states, int layer)
    {
        var name = Name($"h.{layer}.");
        var (size, heads) = (states[0].Length, (int)config["n_head"]!);
        var mixed = states.Select(state => Conv(Normalised(state, name + "ln_1"), name + "attn.c_attn")).ToArray();
        var attended = Attend([.. mixed.Select(row => row[..size])], [.. mixed.Select(row => row[size..(2 * size)])], [.. mixed.Select(row => row[(2 * size)..])], heads, heads);
        var after = states.Select((state, at) => Sum(state, Conv(attended[at], name + "attn.c_proj"))).ToArray();
        return [.. after.Select(state => Sum(state, Conv([.. Conv(Normalised(state, name + "ln_2"), name + "mlp.c_fc").Select(Activation("activation_function", "gelu_new"))], name + "mlp.c_proj")))];
    }

    private double[][] NeoXBlock(double[][] states, int layer)
    {
        var name = $"gpt_neox.layers.{layer}.";
        var heads = (int)config["num_attention_heads"]!;
        var size = states[0].Length / heads;
        var share = (double?)config["rotary_pct"] ?? (double?)config["rope_parameters"]?["partial_rotary_factor"] ?? 0.25;
        var turned = (int)(size * share);
        var mixed = states.Select(state => Affine(Normalised(state, name + "input_layernorm"), name + "attention.query_key_value")).ToArray();
        double[][] Part(int which, bool turns) => [.. mixed.Select((row, at) => Enumerable.Range(0, heads).SelectMany(head =>
        {
            var from = ((head * 3) + which) * size;
            return turns ? Turn(row[from..(from + size)], at, turned, "rotary_emb_base") : row[from..(from + size)];
        }).ToArray())];
        var attended = Attend(Part(0, true), Part(1, true), Part(2, false), heads, heads).Select(row => Affine(row, name + "attention.dense")).ToArray();
        double[] Perceptron(double[] state) => Affine(
            [.. Affine(Normalised(state, name + "post_attention_layernorm"), name + "mlp.dense_h_to_4h").Select(Activation("hidden_act", "gelu"))], name + "mlp.dense_4h_to_h");
        return [.. states.Select((state, at) => (bool?)config["use_parallel_residual"] ?? true
            ? Sum(Sum(state, attended[at]), Perceptron(state))
            : Sum(Sum(state, attended[at]), Perceptron(Sum(state, attended[at]))))];
    }

    private double[][] LlamaBlock(double[][] states, int layer)
    {
        var name = $"model.layers.{layer}.";
        var heads = (int)config["num_attention_heads"]!;
        var keys = (int?)config["num_key_value_heads"] ?? heads;
        var size = (int?)config["head_dim"] ?? states[0].Length / heads;
        var normed = states.Select(state => Normalised(state, name + "input_layernorm")).ToArray();
        double[][] Rotated(string part, int count) => [.. normed.Select((row, at) => Affine(row, name + part).Chunk(size).SelectMany(head => Turn(head, at, size, "rope_theta")).ToArray())];
        var attended = Attend(Rotated("self_attn.q_proj", heads), Rotated("self_attn.k_proj", keys), [.. normed.Select(row => Affine(row, name + "self_attn.v_proj"))], heads, keys);
        var after = states.Select((state, at) => Sum(state, Affine(attended[at], name + "self_attn.o_proj"))).ToArray();
        return [.. after.Select(state =>
        {
            var y = Normalised(state, name + "post_attention_layernorm");
            var gate = Affine(y, name + "mlp.gate_proj").Select(Activation("hidden_act", "silu"));
            return Sum(state, Affine([.. gate.Zip(Affine(y, name + "mlp.up_proj"), (a, b) => a * b)], name + "mlp.down_proj"));
        })];
    }

    private static double[][] Attend(double[][] queries, double[][] keys, double[][] values, int heads, int keyHeads)
    {
        var size = queries[0].Length / heads;
        return [.. queries.Select((query, at) => Enumerable.Range(0, heads).SelectMany(head =>
        {
            var shared = head / (heads / keyHeads) * size;
            var scores = Enumerable.Range(0, at + 1).Select(other =>
                Enumerable.Range(0, size).Sum(index => query[(head * size) + index] * keys[other][shared + index]) / Math.Sqrt(size)).ToArray();
            var weights = scores.Select(score => Math.Exp(score - scores.Max())).ToArray();
            return Enumerable.Range(0, size).Select(index => weights.Select((weight, other) => weight * values[other][shared + index]).Sum() / weights.Sum());
        }).ToArray())];
    }

    private double[] Turn(double[] head, int position, int turned, string baseField)
    {
        var theta = (double?)config[baseField] ?? (double?)config["rope_parameters"]?["rope_theta"] ?? 10000;
        var result = head.ToArray();
        for (var index = 0; index < turned / 2; index++)
        {
            var angle = position * Frequency(Math.Pow(theta, -2.0 * index / turned));
            var (first, second) = (head[index], head[index + (turned / 2)]);
            result[index] = (first * Math.Cos(angle)) - (second * Math.Sin(angle));
            result[index + (turned / 2)] = (second * Math.Cos(angle)) + (first * Math.Sin(angle));
        }

        return result;
    }

    private double Frequency(double frequency)
    {
        if ((config["rope_scaling"] ?? config["rope_parameters"]) is not JsonObject scaling || ((string?)scaling["rope_type"] ?? (string?)scaling["type"]) is null or "default")
        {
            return frequency;
        }

        var factor = (double)scaling["factor"]!;
        if (((string?)scaling["rope_type"] ?? (string?)scaling["type"]) == "linear")
        {
            return frequency / factor;
        }

        var (low, high, context) = ((double)scaling["low_freq_factor"]!, (double)scaling["high_freq_factor"]!, (double)scaling["original_max_position_embeddings"]!);
        var wavelength = 2 * Math.PI / frequency;
        if (wavelength < context / high)
        {
            return frequency;
        }

        if (wavelength > context / low)
        {
            return frequency / factor;
        }

        var smooth = ((context / wavelength) - low) / (high - low);
        return ((1 - smooth) * frequency / factor) + (smooth * frequency);
    }

    private double[] Normalised(double[] x, string name)
    {
        var scale = tensors[name + ".weight"].Values;
        if (_type == "llama")
        {
            var rms = Math.Sqrt((x.Sum(value => value * value) / x.Length) + ((double?)config["rms_norm_eps"] ?? 1e-6));
            return [.. x.Select((value, index) => value / rms * scale[index])];
        }

        var epsilon = (double?)config[_type == "gpt2" ? "layer_norm_epsilon" : "layer_norm_eps"] ?? 1e-5;
        var mean = x.Average();
        var deviation = Math.Sqrt((x.Sum(value => (value - mean) * (value - mean)) / x.Length) + epsilon);
        return [.. x.Select((value, index) => ((value - mean) / deviation * scale[index]) + tensors[name + ".bias"].Values[index])];
    }

    private Func<double, double> Activation(string field, string usual) => ((string?)config[field] ?? usual) switch
    {
        "relu" => x => Math.Max(x, 0),
        "silu" or "swish" => x => x / (1 + Math.Exp(-x)),
        "quick_gelu" => x => x / (1 + Math.Exp(-1.702 * x)),
        "gelu" => x => x * NormalDistribution(x),
        _ => x => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))),
    };

    // By Simpson's rule over [0, x].
    private static double NormalDistribution(double x)
    {
        const int Steps = 200;
        double Density(double at) => Math.Exp(-at * at / 2) / Math.Sqrt(2 * Math.PI);
        var inner = Enumerable.Range(1, Steps - 1).Sum(step => (step % 2 == 0 ? 2 : 4) * Density(x * step / Steps));
        return 0.5 + (x / Steps / 3 * (Density(0) + inner + Density(x)));
    }

    private double[] Affine(double[] x, string name) => tensors.TryGetValue(name + ".bias", out var bias)
        ? Sum(Times(x, name + ".weight"), [.. bias.Values.Select(value => (double)value)])
        : Times(x, name + ".weight");

    private double[] Times(double[] x, string weight)
        => [.. Enumerable.Range(0, (int)tensors[weight].Shape[0]).Select(row => Row(weight, row).Zip(x, (a, b) => a * b).Sum())];

    private double[] Conv(double[] x, string name)
    {
        var (shape, values) = tensors[name + ".weight"];
        return [.. Enumerable.Range(0, (int)shape[1]).Select(column =>
            Enumerable.Range(0, x.Length).Sum(row => x[row] * values[(row * shape[1]) + column]) + tensors[name + ".bias"].Values[column])];
    }

    private double[] Row(string name, int row)
    {
        var (shape, values) = tensors[name];
        return [.. values.AsSpan((int)(row * shape[1]), (int)shape[1]).ToArray().Select(value => (double)value)];
    }

    private static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];

    private bool Tied(bool usual) => (bool?)config["tie_word_embeddings"] ?? usual;

    private string Name(string name) => (tensors.ContainsKey("transformer.wte.weight") ? "transformer." : "") + name;
}
