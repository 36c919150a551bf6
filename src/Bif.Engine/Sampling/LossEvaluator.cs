using System.Runtime.InteropServices;
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
    public static void Evaluate(Model model, Weights weights, DataFeed feed, int batch, Span<float> losses)
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
                EvaluateRows(model.Architecture.Forward(weights, items.Inputs), items.Targets, losses.Slice(start, length));
                continue;
            }

            Place(MemoryMarshal.Cast<byte, float>(model.Losses(weights, items).cpu().bytes), indices, losses, start);
        }
    }

    private static void EvaluateRows(Tensor logits, Tensor labels, Span<float> losses)
    {
        if (CrossEntropy.Takes(logits))
        {
            CrossEntropy.Losses(logits, labels, losses);
            return;
        }

        MemoryMarshal.Cast<byte, float>(CrossEntropy.Composed(logits, labels).cpu().bytes).CopyTo(losses);
    }

    /// <summary>Writes the losses (nats) of all tokens that have one, item after item; <see cref="SumTokens"/> makes items' of them.</summary>
    /// <param name="model">A language model.</param>
    /// <param name="weights">Its tensors.</param>
    /// <param name="feed">Texts.</param>
    /// <param name="batch">Items per forward pass.</param>
    /// <param name="tokens">Receives one loss per token of <see cref="TextItems.PredictedOffsets"/>.</param>
    public static void EvaluateTokens(Model model, Weights weights, DataFeed feed, int batch, Span<float> tokens)
    {
        using var inference = inference_mode();
        using var folded = new FoldedLayers(weights);
        var offsets = feed.TokenOffsets;
        for (var start = 0; start < feed.Count; start += batch)
        {
            using var scope = NewDisposeScope();
            var (items, indices) = feed.Pass(start, Math.Min(batch, feed.Count - start));
            var values = model.TokenLosses(weights, items).cpu();
            var rows = MemoryMarshal.Cast<byte, float>(values.bytes);
            var width = (int)values.shape[1];
            for (var row = 0; row < indices!.Length; row++)
            {
                var item = indices[row];
                rows.Slice(row * width, offsets[item + 1] - offsets[item]).CopyTo(tokens[offsets[item]..]);
            }
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
