using Bif.Engine.Models.Layers;
using static TorchSharp.torch;

namespace Bif.Engine.Models;

/// <summary>
/// Llama (arXiv 2302.13971): rotary embedding, RMS normalisation, gated perceptrons, and, where
/// <c>num_key_value_heads</c> is smaller than <c>num_attention_heads</c>, grouped-query attention (arXiv 2305.13245).
/// </summary>
[ModelType("llama")]
public sealed class Llama : LanguageModel
{
    private readonly Embedding _embedding;
    private readonly List<Block> _blocks = [];
    private readonly RmsNorm _norm;
    private readonly int _output;
    private readonly RotaryEmbedding _rotary;

    /// <summary>Declares the layers.</summary>
    public Llama(ModelSource source)
    {
        var config = source.Config;
        var size = config.Integer("hidden_size");
        var heads = config.Has("head_dim") ? config.Integer("num_attention_heads") : config.Divisor("num_attention_heads", "hidden_size", size);
        var headSize = config.Integer("head_dim", size / heads);
        var depth = config.Integer("num_hidden_layers");
        var epsilon = config.Number("rms_norm_eps", 1e-6);
        VocabularySize = config.Integer("vocab_size");
        ContextLength = config.Integer("max_position_embeddings", 2048);
        if (config.Number("partial_rotary_factor", config.Section("rope_parameters")?.Number("partial_rotary_factor", 1) ?? 1) != 1)
        {
            throw config.Invalid("partial_rotary_factor", "must be 1 for llama, whose heads turn whole");
        }

        _rotary = RotaryEmbedding.From(config, headSize, "rope_theta");
        var layers = new LayerList();
        _embedding = layers.Embedding("model.embed_tokens", VocabularySize, size);
        for (var index = 0; index < depth; index++)
        {
            _blocks.Add(new Block(layers, $"model.layers.{index}", config, size, heads, headSize, depth, epsilon));
        }

        _norm = layers.RmsNorm("model.norm", size, epsilon);
        _output = config.Flag("tie_word_embeddings", false) ? _embedding.Weight : layers.Embedding("lm_head", VocabularySize, size).Weight;
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
        => tensor.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal) || (_output == _embedding.Weight && tensor == "lm_head.weight");

    /// <inheritdoc/>
    protected override Tensor Hidden(Weights weights, Tensor tokens)
    {
        var angles = _rotary.Angles(tokens.shape[1], tokens.device);
        var x = Stages.Run(weights, _embedding.Forward(weights, tokens), _blocks, (block, state) => block.Forward(weights, state, _rotary, angles));
        return _norm.Forward(weights, x);
    }

    /// <inheritdoc/>
    protected override Tensor Unembed(Weights weights, Tensor hidden) => Logits(weights, hidden, _output);

    private sealed class Block
    {
        private readonly RmsNorm _inputNorm, _middleNorm;
        private readonly Linear _query, _key, _value, _attentionOutput, _gate, _up, _down;
        private readonly Func<Tensor, Tensor> _activation;
        private readonly int _heads, _keyHeads;

        public Block(LayerList layers, string name, ModelConfig config, int size, int heads, int headSize, int depth, double epsilon)
        {
            (_heads, _keyHeads) = (heads, config.Has("num_key_value_heads") ? config.Divisor("num_key_value_heads", "num_attention_heads", heads) : heads);
            var (attentionBias, bias) = (config.Flag("attention_bias", false), config.Flag("mlp_bias", false));
            var inner = config.Integer("intermediate_size");
            _activation = Activation.Named(config, "hidden_act", "silu");
            _inputNorm = layers.RmsNorm($"{name}.input_layernorm", size, epsilon);
            _query = layers.Projection($"{name}.self_attn.q_proj", size, heads * headSize, attentionBias);
            _key = layers.Projection($"{name}.self_attn.k_proj", size, _keyHeads * headSize, attentionBias);
            _value = layers.Projection($"{name}.self_attn.v_proj", size, _keyHeads * headSize, attentionBias);
            _attentionOutput = layers.Projection($"{name}.self_attn.o_proj", heads * headSize, size, attentionBias, 2 * depth);
            _middleNorm = layers.RmsNorm($"{name}.post_attention_layernorm", size, epsilon);
            _gate = layers.Projection($"{name}.mlp.gate_proj", size, inner, bias);
            _up = layers.Projection($"{name}.mlp.up_proj", size, inner, bias);
            _down = layers.Projection($"{name}.mlp.down_proj", inner, size, bias, 2 * depth);
        }

        public Tensor Forward(Weights weights, Tensor x, RotaryEmbedding rotary, (Tensor Cos, Tensor Sin) angles)
        {
            var y = _inputNorm.Forward(weights, x);
            var query = rotary.Apply(CausalAttention.SplitHeads(_query.Forward(weights, y), _heads), angles);
            var key = rotary.Apply(CausalAttention.SplitHeads(_key.Forward(weights, y), _keyHeads), angles);
            var value = CausalAttention.SplitHeads(_value.Forward(weights, y), _keyHeads);
            x = x + _attentionOutput.Forward(weights, CausalAttention.Apply(query, key, value));
            y = _middleNorm.Forward(weights, x);
            return x + _down.Forward(weights, _activation(_gate.Forward(weights, y)) * _up.Forward(weights, y));
        }
    }
}
