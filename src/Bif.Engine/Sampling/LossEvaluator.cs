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
        Evaluate(model, weights, feed, batch, losses, pending, RepeatedPass.Once);
        pending.Flush();
    }

    /// <summary>The same, where somebody else says when losses are read from the device, and makes the pass again at other positions.</summary>
    internal static void Evaluate(
        Model model, Weights weights, DataFeed feed, int batch, Memory<float> losses, PendingLosses pending, RepeatedPass pass)
    {
        using var inference = inference_mode();
        var classes = model.Objective == Objective.CrossEntropy && model.Architecture is not LanguageModel;
        Tensor? labels = null;

        // Logits with their labels where a kernel makes losses of them on the host; losses elsewhere.
        Tensor Compute(Stretch stretch)
        {
            var items = feed.Pass(stretch.Start, stretch.Count);
            if (!classes)
            {
                return model.Losses(weights, items);
            }

            var logits = model.Predictions(weights, items.Inputs);
            labels = CrossEntropy.Takes(logits) ? items.Targets : null;
            return labels is null ? CrossEntropy.Composed(logits, items.Targets) : logits;
        }

        pass.Run(feed.Count, batch, () => new FoldedLayers(weights), Compute, (stretch, values) =>
        {
            if (labels is not null)
            {
                CrossEntropy.Losses(values, labels, losses.Span.Slice(stretch.Start, stretch.Count));
                return;
            }

            pending.Add(values, each => Place(each, feed.Order(stretch.Start, stretch.Count), losses.Span, stretch.Start));
        });
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
        EvaluateTokens(model, weights, feed, batch, tokens, pending, RepeatedPass.Once);
        pending.Flush();
    }

    /// <summary>The same, where somebody else says when losses are read from the device, and makes the pass again at other positions.</summary>
    internal static void EvaluateTokens(
        Model model, Weights weights, DataFeed feed, int batch, Memory<float> tokens, PendingLosses pending, RepeatedPass pass)
    {
        using var inference = inference_mode();
        var offsets = feed.TokenOffsets;
        pass.Run(feed.Count, batch, () => new FoldedLayers(weights), stretch => model.TokenLosses(weights, feed.Pass(stretch.Start, stretch.Count)), (stretch, losses) =>
        {
            var width = (int)losses.shape[1];
            pending.Add(losses, rows =>
            {
                var items = feed.Order(stretch.Start, stretch.Count)!;
                for (var row = 0; row < items.Length; row++)
                {
                    var item = items[row];
                    rows.Slice(row * width, offsets[item + 1] - offsets[item]).CopyTo(tokens.Span[offsets[item]..]);
                }
            });
        });
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
