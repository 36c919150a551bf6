using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Models.Layers;
using Bif.Kernels;
using static TorchSharp.torch;

namespace Bif.Engine.Sampling;

/// <summary>Losses of every item at the weights' present position: forward passes only, no graph.</summary>
public static class LossEvaluator
{
    /// <summary>Writes the losses (nats) of all items of <paramref name="feed"/> in order.</summary>
    /// <param name="model">The model.</param>
    /// <param name="weights">Its tensors.</param>
    /// <param name="feed">The items.</param>
    /// <param name="batch">Items per forward pass.</param>
    /// <param name="losses">Receives one loss per item.</param>
    public static void Evaluate(Model model, Weights weights, DataFeed feed, int batch, Memory<float> losses)
    {
        using var pending = new PendingLosses();
        Evaluate(model, weights, feed, batch, losses, pending);
        pending.Flush();
    }

    /// <summary>The same, where somebody else says when losses are read from the device.</summary>
    internal static void Evaluate(Model model, Weights weights, DataFeed feed, int batch, Memory<float> losses, PendingLosses pending)
    {
        using var inference = inference_mode();
        using var folded = new FoldedLayers(weights);
        for (var start = 0; start < feed.Count; start += batch)
        {
            using var scope = NewDisposeScope();
            var length = Math.Min(batch, feed.Count - start);
            var (items, indices) = feed.Pass(start, length);
            if (model.Objective == Objective.CrossEntropy && model.Architecture is not LanguageModel && indices is null)
            {
                EvaluateRows(model.Architecture.Forward(weights, items.Inputs), items.Targets, losses.Slice(start, length), pending);
                continue;
            }

            var first = start;
            pending.Add(model.Losses(weights, items), values => Place(values, indices, losses.Span, first));
        }
    }

    private static void EvaluateRows(Tensor logits, Tensor labels, Memory<float> losses, PendingLosses pending)
    {
        if (CrossEntropy.Takes(logits))
        {
            CrossEntropy.Losses(logits, labels, losses.Span);
            return;
        }

        pending.Add(CrossEntropy.Composed(logits, labels), values => values.CopyTo(losses.Span));
    }

    /// <summary>Writes the losses (nats) of all tokens that have one, item after item; <see cref="SumTokens"/> makes items' of them.</summary>
    /// <param name="model">A language model.</param>
    /// <param name="weights">Its tensors.</param>
    /// <param name="feed">Texts.</param>
    /// <param name="batch">Items per forward pass.</param>
    /// <param name="tokens">Receives one loss per token of <see cref="TextItems.PredictedOffsets"/>.</param>
    public static void EvaluateTokens(Model model, Weights weights, DataFeed feed, int batch, Memory<float> tokens)
    {
        using var pending = new PendingLosses();
        EvaluateTokens(model, weights, feed, batch, tokens, pending);
        pending.Flush();
    }

    /// <summary>The same, where somebody else says when losses are read from the device.</summary>
    internal static void EvaluateTokens(Model model, Weights weights, DataFeed feed, int batch, Memory<float> tokens, PendingLosses pending)
    {
        using var inference = inference_mode();
        using var folded = new FoldedLayers(weights);
        var offsets = feed.TokenOffsets;
        for (var start = 0; start < feed.Count; start += batch)
        {
            using var scope = NewDisposeScope();
            var (items, indices) = feed.Pass(start, Math.Min(batch, feed.Count - start));
            var losses = model.TokenLosses(weights, items);
            var width = (int)losses.shape[1];
            pending.Add(losses, rows =>
            {
                for (var row = 0; row < indices!.Length; row++)
                {
                    var item = indices[row];
                    rows.Slice(row * width, offsets[item + 1] - offsets[item]).CopyTo(tokens.Span[offsets[item]..]);
                }
            });
        }
    }

    /// <summary>Losses of items as the sums of their tokens'.</summary>
    public static void SumTokens(DataFeed feed, ReadOnlySpan<float> tokens, Span<float> losses)
    {
        for (var item = 0; item < feed.Count; item++)
        {
            var sum = 0.0;
            foreach (var loss in tokens[feed.TokenOffsets[item]..feed.TokenOffsets[item + 1]])
            {
                sum += loss;
            }

            losses[item] = (float)sum;
        }
    }

    /// <summary>Puts the losses of a pass's stretch where they belong: at the items' indices, or at the stretch itself.</summary>
    internal static void Place(ReadOnlySpan<float> values, int[]? indices, Span<float> losses, int start)
    {
        if (indices is null)
        {
            values.CopyTo(losses[start..]);
            return;
        }

        for (var index = 0; index < indices.Length; index++)
        {
            losses[indices[index]] = values[index];
        }
    }
}
