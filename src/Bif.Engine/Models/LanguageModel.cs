using static TorchSharp.torch;

namespace Bif.Engine.Models;

/// <summary>A network that predicts each token of a text from those before it.</summary>
public abstract class LanguageModel : Architecture
{
    // Logits that exist at a time while losses are evaluated without a graph: 64 MiB.
    private const long LogitsAtATime = 16L << 20;

    /// <summary>Tokens that it knows.</summary>
    public abstract int VocabularySize { get; }

    /// <summary>Tokens that it takes at most.</summary>
    public abstract int ContextLength { get; }

    /// <inheritdoc/>
    public override Objective Objective => Objective.NextToken;

    /// <summary>Logits [batch, length, vocabulary] of the tokens that follow each of <paramref name="inputs"/> [batch, length].</summary>
    public override Tensor Forward(Weights weights, Tensor inputs) => Unembed(weights, Hidden(weights, inputs));

    /// <summary>Loss of each next token [batch, length], nats; exactly 0 where the target is −1.</summary>
    /// <param name="weights">The tensors.</param>
    /// <param name="inputs">Tokens [batch, length].</param>
    /// <param name="targets">The next tokens [batch, length].</param>
    public Tensor TokenLosses(Weights weights, Tensor inputs, Tensor targets)
    {
        var hidden = Hidden(weights, inputs);
        hidden = hidden.view(-1, hidden.shape[2]);
        var labels = targets.flatten();
        var rows = hidden.requires_grad ? hidden.shape[0] : Math.Max(1, LogitsAtATime / VocabularySize);
        var parts = new List<Tensor>();
        for (long start = 0; start < hidden.shape[0]; start += rows)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(rows, hidden.shape[0] - start);
            var part = labels.narrow(0, start, count);
            var logits = Unembed(weights, hidden.narrow(0, start, count));
            var losses = logits.requires_grad
                ? ItemLoss.Of(Objective.CrossEntropy, logits, part.clamp_min(0))
                : ItemLoss.OverwritingCrossEntropy(logits, part.clamp_min(0));
            parts.Add(losses.masked_fill(part.lt(0), 0).MoveToOuterDisposeScope());
        }

        return (parts.Count == 1 ? parts[0] : cat(parts, 0)).view(targets.shape);
    }

    /// <summary>What the last layer reads, [batch, length, hidden size].</summary>
    protected abstract Tensor Hidden(Weights weights, Tensor tokens);

    /// <summary>Logits [..., vocabulary] of hidden states [..., hidden size], float32.</summary>
    protected abstract Tensor Unembed(Weights weights, Tensor hidden);

    /// <summary>Hidden states times the output layer [vocabulary, hidden size], float32 whatever the products are computed in.</summary>
    protected static Tensor Logits(Weights weights, Tensor hidden, int output)
    {
        var logits = nn.functional.linear(weights.Factor(hidden), weights.Factor(output)).to(float32);
        weights.Observer?.ObserveMatrix(output, null, isInputsFirst: false, hidden, logits);
        return logits;
    }
}
