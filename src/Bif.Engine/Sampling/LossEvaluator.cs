using System.Runtime.InteropServices;
using Bif.Engine.Data;
using Bif.Engine.Models;
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
        for (var start = 0; start < feed.Count; start += batch)
        {
            using var scope = NewDisposeScope();
            var length = Math.Min(batch, feed.Count - start);
            var values = model.Losses(weights, feed.Range(start, length)).cpu();
            MemoryMarshal.Cast<byte, float>(values.bytes).CopyTo(losses.Slice(start, length));
        }
    }
}
