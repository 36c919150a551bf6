using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Kernels;
using TorchSharp;
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
public sealed class LossGradient(Model model, Weights weights, DataFeed feed, int batch, int pieceSize) : IDisposable
{
    private readonly int[] _indices = new int[batch == 0 ? 0 : Math.Min(batch, feed.Count)];
    private Tensor? _index;

    /// <summary>∇L(w*) to subtract, so that w* is the mode of the target; null for the plain force.</summary>
    public Tensor? Offset { get; init; }

    /// <summary>How the gradient's passes are made; they may be repeated where <see cref="Repeats"/> says so.</summary>
    internal RepeatedPass Pass { get; init; } = RepeatedPass.Once;

    /// <summary>Whether gradients of so many items always read the same memory.</summary>
    internal static bool Repeats(Model model, DataFeed feed, int batch)
        => RepeatedPass.Suits(model, feed) && (batch == 0 || batch >= feed.Count || feed.GathersOnDevice);

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
            if (feed.GathersOnDevice && state.Position.device_type != DeviceType.CPU)
            {
                PlaceIndices(state.Position.device);
            }
        }

        var count = all ? feed.Count : _indices.Length;
        Batch Items(Stretch stretch) => all ? feed.Pass(stretch.Start, stretch.Count)
            : _index is not null ? feed.Gather(_index.narrow(0, stretch.Start, stretch.Count))
            : feed.Gather(_indices.AsSpan(stretch.Start, stretch.Count));
        Tensor Compute(Stretch stretch)
        {
            var values = model.Losses(weights, Items(stretch));
            (values.sum() * (1.0 / count)).backward();
            return values;
        }

        var sum = 0.0;
        Pass.Run(count, pieceSize, () => null, Compute, (stretch, values) => pending.Add(values, each =>
        {
            if (all && !losses.IsEmpty)
            {
                LossEvaluator.Place(each, feed.Order(stretch.Start, stretch.Count), losses.Span, stretch.Start);
            }

            foreach (var value in each)
            {
                sum += value;
            }
        }));

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
        using var force = new LossGradient(model, weights, feed, 0, pieceSize);
        force.AddTo(state);
        using var noGradient = no_grad();
        return state.Gradient.clone().DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => _index?.Dispose();

    // Where they always are: what is recorded reads them there.
    private void PlaceIndices(Device device)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var indices = DataFeed.Index(_indices);
        _index ??= empty_like(indices, device: device).DetachFromDisposeScope();
        _index.copy_(indices.pin_memory(), nonBlocking: true);
    }
}
