using Bif.Engine.Models.Layers;
using static TorchSharp.torch;

namespace Bif.Engine.Models;

/// <summary>
/// GPT-NeoX (arXiv 2204.06745), the shape of all Pythia models: rotary embedding on <c>rotary_pct</c> of each head, attention
/// and perceptron side by side (<c>use_parallel_residual</c>) or one after the other, an output layer of its own.
/// </summary>
[ModelType("gpt_neox")]
public sealed class GptNeoX : LanguageModel
{
    private readonly Embedding _embedding;
    private readonly List<Block> _blocks = [];
    private readonly LayerNorm _norm;
    private readonly int _output;
    private readonly RotaryEmbedding _rotary;

    /// <summary>Declares the layers.</summary>
    public GptNeoX(ModelSource source)
    {
        var config = source.Config;
        var size = config.Integer("hidden_size");
        var heads = config.Divisor("num_attention_heads", "hidden_size", size);
        var depth = config.Integer("num_hidden_layers");
        var epsilon = config.Number("layer_norm_eps", 1e-5);
        VocabularySize = config.Integer("vocab_size");
        ContextLength = config.Integer("max_position_embeddings", 2048);
        var share = config.Section("rope_parameters")?.Number("partial_rotary_factor", 0.25) ?? 0.25;
        _rotary = RotaryEmbedding.From(config, (int)(size / heads * config.Number("rotary_pct", share)), "rotary_emb_base");
        var layers = new LayerList();
        _embedding = layers.Embedding("gpt_neox.embed_in", VocabularySize, size);
        for (var index = 0; index < depth; index++)
        {
            _blocks.Add(new Block(layers, $"gpt_neox.layers.{index}", config, size, heads, depth, epsilon));
        }

        _norm = layers.LayerNorm("gpt_neox.final_layer_norm", size, epsilon);
        _output = config.Flag("tie_word_embeddings", false) ? _embedding.Weight : layers.Embedding("embed_out", VocabularySize, size).Weight;
        Layout = layers.ToLayout();
    }

    /// <inheritdoc/>
    public override Layout Layout { get; }

    /// <inheritdoc/>
    public override int VocabularySize { get; }

    /// <inheritdoc/>
    public override int ContextLength { get; }

    /// <inheritdoc/>
    public override bool Ignores(string tensor)
        => tensor.EndsWith(".attention.bias", StringComparison.Ordinal) || tensor.EndsWith(".attention.masked_bias", StringComparison.Ordinal)
            || tensor.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal) || (_output == _embedding.Weight && tensor == "embed_out.weight");

    /// <inheritdoc/>
    protected override Tensor Hidden(Weights weights, Tensor tokens)
    {
        var angles = _rotary.Angles(tokens.shape[1], tokens.device);
        var x = Stages.Run(weights, _embedding.Forward(weights, tokens), _blocks, (block, state) => block.Forward(weights, state, _rotary, angles));
        return _norm.Forward(weights, x);
    }

    /// <inheritdoc/>
    protected override Tensor Unembed(Weights weights, Tensor hidden) => Logits(weights, hidden, _output);

    private sealed class Block(LayerList layers, string name, ModelConfig config, int size, int heads, int depth, double epsilon)
    {
        private readonly LayerNorm _inputNorm = layers.LayerNorm($"{name}.input_layernorm", size, epsilon);
        private readonly LayerNorm _middleNorm = layers.LayerNorm($"{name}.post_attention_layernorm", size, epsilon);
        private readonly Linear _queryKeyValue = layers.Projection($"{name}.attention.query_key_value", size, 3 * size, config.Flag("attention_bias", true));
        private readonly Linear _dense = layers.Projection($"{name}.attention.dense", size, size, config.Flag("attention_bias", true), 2 * depth);
        private readonly Linear _up = layers.Projection($"{name}.mlp.dense_h_to_4h", size, config.Integer("intermediate_size", 4 * size), true);
        private readonly Linear _down = layers.Projection($"{name}.mlp.dense_4h_to_h", config.Integer("intermediate_size", 4 * size), size, true, 2 * depth);
        private readonly Func<Tensor, Tensor> _activation = Activation.Named(config, "hidden_act", "gelu");
        private readonly bool _parallel = config.Flag("use_parallel_residual", true);

        public Tensor Forward(Weights weights, Tensor x, RotaryEmbedding rotary, (Tensor Cos, Tensor Sin) angles)
        {
            // Each head's query, key and value lie together.
            var parts = CausalAttention.SplitHeads(_queryKeyValue.Forward(weights, _inputNorm.Forward(weights, x)), heads).chunk(3, 3);
            var attended = _dense.Forward(
                weights, CausalAttention.Apply(rotary.Apply(parts[0], angles), rotary.Apply(parts[1], angles), parts[2]));
            return _parallel ? x + attended + Perceptron(weights, x) : Sequential(weights, x + attended);
        }

        private Tensor Sequential(Weights weights, Tensor x) => x + Perceptron(weights, x);

        private Tensor Perceptron(Weights weights, Tensor x)
            => _down.Forward(weights, _activation(_up.Forward(weights, _middleNorm.Forward(weights, x))));
    }
}
