using static TorchSharp.torch;

namespace Bif.Engine.Models.Layers;

/// <summary>A learned vector per token or position.</summary>
/// <param name="Weight">Index of the weight [entries, size].</param>
public sealed record Embedding(int Weight)
{
    /// <summary>The vectors [batch, length, size] of tokens [batch, length].</summary>
    public Tensor Forward(Weights weights, Tensor tokens)
    {
        var table = weights.Parameter(Weight);
        var outputs = table.index_select(0, tokens.flatten()).view(tokens.shape[0], tokens.shape[1], table.shape[1]);
        weights.Observer?.Observe(this, tokens, outputs);
        return outputs;
    }
}
