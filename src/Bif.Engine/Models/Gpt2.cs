using Bif.Engine.Models.Layers;
using static TorchSharp.torch;

namespace Bif.Engine.Models;

/// <summary>
/// GPT-2 (Radford et al. 2019): learned positions, weights stored [in, out], the embedding as output layer unless
/// <c>tie_word_embeddings</c> is false. Tensor names with or without <c>transformer.</c> before them.
/// </summary>
[ModelType("gpt2")]
public sealed class Gpt2 : LanguageModel
{
    private readonly string _prefix;
    private readonly Embedding _tokens, _positions;
    private readonly List<Block> _blocks = [];
    private readonly LayerNorm _norm;
    private readonly int _output;

    /// <summary>Declares the layers.</summary>
    public Gpt2(ModelSource source)
    {
        var config = source.Config;
        foreach (var field in new[] { "scale_attn_by_inverse_layer_idx", "add_cross_attention" })
        {
            if (config.Flag(field, false))
            {
                throw config.Invalid(field, "is true, which is not supported");
            }
        }

        if (!config.Flag("scale_attn_weights", true))
        {
            throw config.Invalid("scale_attn_weights", "is false, which is not supported");
        }

        var size = config.Integer("n_embd");
        var heads = config.Divisor("n_head", "n_embd", size);
        var depth = config.Integer("n_layer");
        var epsilon = config.Number("layer_norm_epsilon", 1e-5);
        VocabularySize = config.Integer("vocab_size");
        ContextLength = config.Integer("n_positions", 1024);
        _prefix = source.CheckpointShape("wte.weight") is null ? "transformer." : "";
        var layers = new LayerList();
        _tokens = layers.Embedding($"{_prefix}wte", VocabularySize, size);
        _positions = layers.Embedding($"{_prefix}wpe", ContextLength, size);
        for (var index = 0; index < depth; index++)
        {
            _blocks.Add(new Block(layers, $"{_prefix}h.{index}", config, size, heads, depth, epsilon));
        }

        _norm = layers.LayerNorm($"{_prefix}ln_f", size, epsilon);
        _output = config.Flag("tie_word_embeddings", true) ? _tokens.Weight : layers.Embedding("lm_head", VocabularySize, size).Weight;
        Layout = layers.ToLayout();
    }

    /// <inheritdoc/>
    public override Layout Layout { get; }

    /// <inheritdoc/>
    public override int VocabularySize { get; }

    /// <inheritdoc/>
    public override int ContextLength { get; }

    /// <inheritdoc/>
    public override bool Ignores(string tensor) => (tensor == "lm_head.weight" && _output == _tokens.Weight)
        || tensor.EndsWith(".attn.bias", StringComparison.Ordinal) || tensor.EndsWith(".attn.masked_bias", StringComparison.Ordinal);

    /// <inheritdoc/>
    protected override Tensor Hidden(Weights weights, Tensor tokens)
    {
        // Whoever looks at layers wants the positions of each text.
        var positions = weights.Observer is null
            ? weights.Parameter(_positions.Weight).narrow(0, 0, tokens.shape[1])
            : _positions.Forward(weights, arange(tokens.shape[1], device: tokens.device).expand(tokens.shape));
        var x = Stages.Run(weights, _tokens.Forward(weights, tokens) + positions, _blocks, (block, state) => block.Forward(weights, state));
        return _norm.Forward(weights, x);
    }

    /// <inheritdoc/>
    protected override Tensor Unembed(Weights weights, Tensor hidden) => Logits(weights, hidden, _output);

    private sealed class Block(LayerList layers, string name, ModelConfig config, int size, int heads, int depth, double epsilon)
    {
        private readonly LayerNorm _norm1 = layers.LayerNorm($"{name}.ln_1", size, epsilon);
        private readonly Conv1D _attention = new(layers, $"{name}.attn.c_attn", size, 3 * size, 1);
        private readonly Conv1D _attentionOutput = new(layers, $"{name}.attn.c_proj", size, size, 2 * depth);
        private readonly LayerNorm _norm2 = layers.LayerNorm($"{name}.ln_2", size, epsilon);
        private readonly Conv1D _up = new(layers, $"{name}.mlp.c_fc", size, config.Integer("n_inner", 4 * size), 1);
        private readonly Conv1D _down = new(layers, $"{name}.mlp.c_proj", config.Integer("n_inner", 4 * size), size, 2 * depth);
        private readonly Func<Tensor, Tensor> _activation = Activation.Named(config, "activation_function", "gelu_new");

        public Tensor Forward(Weights weights, Tensor x)
        {
            var parts = _attention.Forward(weights, _norm1.Forward(weights, x)).chunk(3, 2);
            var attended = CausalAttention.Apply(
                CausalAttention.SplitHeads(parts[0], heads), CausalAttention.SplitHeads(parts[1], heads), CausalAttention.SplitHeads(parts[2], heads));
            x = x + _attentionOutput.Forward(weights, attended);
            return x + _down.Forward(weights, _activation(_up.Forward(weights, _norm2.Forward(weights, x))));
        }
    }

    // A linear layer whose weight lies [in, out].
    private sealed class Conv1D(LayerList layers, string name, long inputs, long outputs, int additions)
    {
        private readonly int _weight = layers.Parameter($"{name}.weight", [inputs, outputs], Initialization.SmallNormal, additions);
        private readonly int _bias = layers.Parameter($"{name}.bias", [outputs], Initialization.Zeros, inputs);

        public Tensor Forward(Weights weights, Tensor x)
        {
            var outputs = weights.Factor(x).matmul(weights.Factor(_weight)) + weights.Factor(_bias);
            weights.Observer?.ObserveMatrix(_weight, _bias, isInputsFirst: true, x, outputs);
            return outputs;
        }
    }
}
