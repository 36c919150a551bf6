using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Kernels;
using static TorchSharp.torch;

namespace Bif.Engine.Sampling;

/// <summary>
/// The gradient of the mean training loss, on a mini-batch or on all items, added into a chain's flat gradient by
/// backward passes over pieces small enough for memory. Which items a step sees follows from (seed, chain, step).
/// </summary>
/// <param name="model">The model.</param>
/// <param name="weights">Its tensors, bound to the chain's position and gradient.</param>
/// <param name="feed">The training items.</param>
/// <param name="batch">Items per gradient; 0 or n for all of them.</param>
/// <param name="pieceSize">Items per forward and backward pass.</param>
public sealed class LossGradient(Model model, Weights weights, DataFeed feed, int batch, int pieceSize)
{
    private readonly int[] _indices = new int[batch == 0 ? 0 : Math.Min(batch, feed.Count)];

    /// <summary>∇L(w*) to subtract, so that w* is the mode of the target; null for the plain force.</summary>
    public Tensor? Offset { get; init; }

    /// <summary>Whether every gradient sees all items, and yields all their losses.</summary>
    public bool IsFullBatch => batch == 0 || batch >= feed.Count;

    /// <summary>Adds the gradient at the chain's position to its gradient vector; returns the mean loss in nats.</summary>
    /// <param name="state">The chain.</param>
    public double AddTo(ChainState state)
    {
        using var pending = new PendingLosses();
        var mean = double.NaN;
        AddTo(state, default, pending, loss => mean = loss);
        pending.Flush();
        return mean;
    }

    /// <summary>Adds the gradient at the chain's position to its gradient vector.</summary>
    /// <param name="state">The chain.</param>
    /// <param name="losses">Receives the loss of every item where the gradient is a full-batch one; else untouched.</param>
    /// <param name="pending">Says when losses are read from the device.</param>
    /// <param name="read">Takes the mean loss in nats when it is known.</param>
    internal void AddTo(ChainState state, Memory<float> losses, PendingLosses pending, Action<double> read)
    {
        var all = IsFullBatch;
        if (!all)
        {
            var stream = new PhiloxStream(state.Seed, (uint)state.Chain, PhiloxPurpose.Batch, (ulong)state.Step);
            stream.SampleWithoutReplacement(feed.Count, _indices);
        }

        var count = all ? feed.Count : _indices.Length;
        var sum = 0.0;
        for (var start = 0; start < count; start += pieceSize)
        {
            using var scope = NewDisposeScope();
            var length = Math.Min(pieceSize, count - start);
            var (items, order) = all ? feed.Pass(start, length) : (feed.Gather(_indices.AsSpan(start, length)), null);
            var values = model.Losses(weights, items);
            (values.sum() * (1.0 / count)).backward();
            var first = start;
            pending.Add(values, each =>
            {
                if (all && !losses.IsEmpty)
                {
                    LossEvaluator.Place(each, order, losses.Span, first);
                }

                foreach (var value in each)
                {
                    sum += value;
                }
            });
        }

        if (Offset is not null)
        {
            using var noGradient = no_grad();
            state.Gradient.sub_(Offset);
        }

        pending.Then(() => read(sum / count));
    }

    /// <summary>∇L(w*) [P], detached from the caller's scope.</summary>
    /// <param name="model">The model.</param>
    /// <param name="selection">The sampled parameters.</param>
    /// <param name="center">w*.</param>
    /// <param name="feed">The training items.</param>
    /// <param name="pieceSize">Items per forward and backward pass.</param>
    public static Tensor AtCheckpoint(Model model, ParameterSelection selection, Tensor center, DataFeed feed, int pieceSize)
    {
        var settings = new SamplerSettings("sgld", 0, 0, 0, 0, 1, 1, 0, 1, 0);
        using var state = new ChainState(0, 0, center, SamplerCatalog.Create(settings, new Preconditioners.NoPreconditioner()));
        using var weights = model.Bind(selection, state.Position, state.Gradient);
        new LossGradient(model, weights, feed, 0, pieceSize).AddTo(state);
        using var noGradient = no_grad();
        return state.Gradient.clone().DetachFromDisposeScope();
    }
}
