using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Bif.Engine.Arrays;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Sampling;
using Bif.Engine.Sampling.Preconditioners;
using Bif.Engine.Traces;
using Bif.Kernels;
using static TorchSharp.torch;

namespace Bif.Engine.FirstOrder;

/// <summary>
/// Makes the control variate of a run with independent Gaussian draws. The draws follow from the seed, so nothing of the
/// chains is needed: all items' <see cref="ThermalGradients"/> are formed piece by piece, and a matrix product with the deviations
/// of many draws gives their first-order parts. That costs passes over the gradients per some hundred draws.
/// </summary>
/// <param name="model">The checkpoint.</param>
/// <param name="selection">The sampled parameters.</param>
/// <param name="center">w* [P].</param>
/// <param name="preconditioner">The Gaussian behind the draws.</param>
/// <param name="settings">The run's numbers.</param>
/// <param name="train">Training items.</param>
/// <param name="queries">Query items.</param>
internal sealed class FirstOrderPass(
    Model model, ParameterSelection selection, Tensor center, Preconditioner preconditioner, SamplerSettings settings, DataFeed train, DataFeed queries)
{
    // Deviations, or queries' gradients, that are held at once: each panel of them takes a pass over all items' gradients, and with
    // so much the whole run stays within the bound of MemoryTests. Then gradients of items.
    private const long PanelBytes = 104L << 20;
    private const long PieceBytes = 12L << 20;
    private const long BufferBytes = 32L << 20;

    private double _gradients;
    private double _allGradients;
    private Action<double>? _progress;

    /// <summary>Whether training items' parts are there already and only the queries' are wanted.</summary>
    public bool QueriesOnly { get; init; }

    // Queries whose gradients are held at once.
    private static int Group(long parameters, int queries, Device device) => (int)Math.Clamp(WorkingSet.Bytes(device, PanelBytes) / (sizeof(float) * parameters), 1, Math.Max(1, queries));

    // Passes over the items' gradients that covariances with the queries and parts at the draws take.
    private static int QueryPasses(long parameters, int queries, Device device) => Passes(queries, Group(parameters, queries, device));

    private static int DrawPasses(long parameters, int items, long draws, Device device) => Passes(draws, Width(parameters, items, device));

    private static int Passes(long count, int together) => (int)((count + together - 1) / together);

    /// <summary>Gradients of single items, training items and queries, that a run's control variate takes.</summary>
    public static double ItemGradients(long parameters, int items, int queries, long draws, int points, Device device)
        => (double)points * (QueryPasses(parameters, queries, device) + DrawPasses(parameters, items, draws, device)) * (items + queries);

    /// <summary>Items whose gradients are formed at a time.</summary>
    /// <param name="center">w* [P].</param>
    /// <param name="heldPerItem">Numbers that an item takes while its gradient is formed.</param>
    public static int Piece(Tensor center, long heldPerItem) => WorkingSet.Items(center.device, PieceBytes, center.numel(), heldPerItem);

    /// <summary>Adds what is missing in <paramref name="files"/> for the complete draws of a run.</summary>
    /// <param name="files">Where the control variate lies.</param>
    /// <param name="losses">The run's traces.</param>
    /// <param name="progress">Receives the finished share after every piece of items; what it throws ends the pass, and complete panels of draws are kept.</param>
    public void Complete(FirstOrderFiles files, TraceStore losses, Action<double>? progress)
    {
        using var scope = NewDisposeScope();
        using var source = new ThermalGradients(model, selection, center, preconditioner, settings, train);
        Directory.CreateDirectory(files.Root);
        var store = Store(files, losses);
        var missing = Enumerable.Range(0, losses.Shape.Chains)
            .SelectMany(chain => Enumerable.Range(store.CompleteBlocks(chain), Math.Max(0, losses.CompleteBlocks(chain) - store.CompleteBlocks(chain)))
                .Select(block => (Chain: chain, Block: block)))
            .ToList();
        var panels = DrawPasses(center.numel(), train.Count, missing.Sum(each => (long)store.Shape.DrawsIn(each.Block)), center.device);
        (_progress, _gradients) = (progress, 0);
        _allGradients = ((double)panels * ((QueriesOnly ? 0 : train.Count) + queries.Count))
            + (files.HasCovariance ? 0 : queries.Count + ((double)QueryPasses(center.numel(), queries.Count, center.device) * train.Count));
        if (!files.HasCovariance)
        {
            WriteCovariance(files, source);
        }

        FillBlocks(store, missing, source);
    }

    private static int Width(long parameters, int items, Device device)
        => (int)Math.Clamp(Math.Min(WorkingSet.Bytes(device, PanelBytes) / (sizeof(float) * parameters), BufferBytes / (sizeof(float) * (long)items)), 8, 2048);

    private TraceStore Store(FirstOrderFiles files, TraceStore losses)
    {
        if (!Directory.Exists(files.Traces))
        {
            var attributes = new JsonObject { ["content"] = "first-order parts of the losses at the draws, mean gradient around the checkpoint times deviation, nats" };
            var store = TraceStore.Create(files.Traces, losses.Shape with { StepsPerDraw = 1, BurnIn = 0 }, attributes);
            store.WriteInitial(new float[train.Count], new float[queries.Count]);
            return store;
        }

        var there = TraceStore.Open(files.Traces);
        return there.Shape.Draws < losses.Shape.Draws ? there.Extend(losses.Shape.Draws) : there;
    }

    // g_iᵀΣg_q for groups of queries, with the items' own variances on the way.
    private void WriteCovariance(FirstOrderFiles files, ThermalGradients source)
    {
        var queryVariance = new double[queries.Count];
        var itemVariance = new double[train.Count];
        using var writer = new NpyWriter<float>(files.Covariance, queries.Count, train.Count);
        var group = Group(center.numel(), queries.Count, center.device);
        for (var first = 0; first < queries.Count; first += group)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(group, queries.Count - first);
            var spread = empty([count, center.numel()], device: center.device);
            ForEachPiece(source, queries, first, count, (gradients, start, items) =>
            {
                var covariance = preconditioner.Covariance(gradients, settings.Gamma);
                spread.narrow(0, start - first, items).copy_(covariance);
                (covariance * gradients).sum([1L]).Doubles().CopyTo(queryVariance, start);
            });
            var buffer = new float[(long)count * train.Count];
            ForEachPiece(source, train, 0, train.Count, (gradients, start, items) =>
            {
                Scatter(spread.matmul(gradients.transpose(0, 1)), buffer, train.Count, start, items);
                if (first == 0 && !QueriesOnly)
                {
                    (preconditioner.Covariance(gradients, settings.Gamma) * gradients).sum([1L]).Doubles().CopyTo(itemVariance, start);
                }
            });
            for (var query = 0; query < count; query++)
            {
                writer.Write(first + query, 0, buffer.AsSpan(query * train.Count, train.Count));
            }
        }

        if (!QueriesOnly)
        {
            NpyFile.Write<double>(files.ItemVariance, [train.Count], itemVariance);
        }

        NpyFile.Write<double>(files.QueryVariance, [queries.Count], queryVariance);
        writer.Complete();
    }

    private void FillBlocks(TraceStore store, List<(int Chain, int Block)> missing, ThermalGradients source)
    {
        var draws = missing.SelectMany(each => Enumerable.Range(0, store.Shape.DrawsIn(each.Block)).Select(row => (each.Chain, each.Block, Row: row))).ToList();
        var blocks = new Dictionary<(int Chain, int Block), (float[] Train, float[] Query)>();
        var width = Width(center.numel(), train.Count, center.device);
        for (var first = 0; first < draws.Count; first += width)
        {
            using var scope = NewDisposeScope();
            var panel = draws.GetRange(first, Math.Min(width, draws.Count - first));
            var deviations = Deviations([.. panel.Select(each => (each.Chain, ((long)each.Block * store.Shape.DrawsPerBlock) + each.Row))]);
            var (items, asked) = (Parts(source, train, deviations), Parts(source, queries, deviations));
            for (var index = 0; index < panel.Count; index++)
            {
                var (chain, block, row) = panel[index];
                if (!blocks.TryGetValue((chain, block), out var losses))
                {
                    var rows = store.Shape.DrawsIn(block);
                    blocks[(chain, block)] = losses = (new float[items is null ? 0 : (long)rows * train.Count], new float[(long)rows * queries.Count]);
                }

                items?.AsSpan(index * train.Count, train.Count).CopyTo(losses.Train.AsSpan(row * train.Count));
                asked!.AsSpan(index * queries.Count, queries.Count).CopyTo(losses.Query.AsSpan(row * queries.Count));
                if (row + 1 == store.Shape.DrawsIn(block))
                {
                    Write(store, chain, block, losses.Train, losses.Query);
                    blocks.Remove((chain, block));
                }
            }
        }
    }

    private void Write(TraceStore store, int chain, int block, float[] items, float[] asked)
    {
        if (QueriesOnly)
        {
            store.WriteQueryBlock(chain, block, asked);
            return;
        }

        var steps = new float[store.Shape.DrawsIn(block)];
        Array.Fill(steps, float.NaN);
        store.WriteBlock(chain, block, items, asked, steps);
    }

    // w_t − w* of some draws, rows [draws, P], as the chains had them.
    private Tensor Deviations(List<(int Chain, long Draw)> panel)
    {
        using var noGradient = no_grad();
        var rows = empty([panel.Count, center.numel()], device: center.device);
        var sampler = SamplerCatalog.Create(settings, preconditioner);
        ChainState? state = null;
        for (var index = 0; index < panel.Count; index++)
        {
            var (chain, draw) = panel[index];
            if (state?.Chain != chain)
            {
                state?.Dispose();
                state = new ChainState(chain, settings.Seed, center, sampler);
            }

            // Draw t is the position after burn-in + (t + 1)·thin moves.
            state.Step = settings.BurnIn + ((draw + 1) * settings.Thin) - 1;
            sampler.Move(state);
            rows.select(0, index).copy_(state.Position).sub_(center);
        }

        state?.Dispose();
        return rows;
    }

    // g_i·(w_t − w*) as [draws, items]; null for training items that are there already.
    private float[]? Parts(ThermalGradients source, DataFeed feed, Tensor deviations)
    {
        if (QueriesOnly && ReferenceEquals(feed, train))
        {
            return null;
        }

        var result = new float[deviations.shape[0] * feed.Count];
        ForEachPiece(source, feed, 0, feed.Count, (gradients, start, items) => Scatter(deviations.matmul(gradients.transpose(0, 1)), result, feed.Count, start, items));
        return result;
    }

    private void ForEachPiece(ThermalGradients source, DataFeed feed, int first, int count, Action<Tensor, int, int> work)
    {
        var piece = Piece(center, source.HeldPerItem);
        for (var start = first; start < first + count; start += piece)
        {
            using var scope = NewDisposeScope();
            var items = Math.Min(piece, first + count - start);
            var gradients = source.Of(feed, start, items);
            using var noGradient = no_grad();
            work(gradients, start, items);

            // What is kept of a piece for the next would lie beside the panel that grows: 7 MiB for ResNet-20, at no cost in time.
            ProcessMemory.ReleaseFreePages();
            _gradients += items;
            _progress?.Invoke(_gradients / _allGradients);
        }
    }

    private static void Scatter(Tensor rows, float[] target, int stride, int start, int items)
    {
        var values = MemoryMarshal.Cast<byte, float>(rows.cpu().contiguous().bytes);
        for (var row = 0; row < rows.shape[0]; row++)
        {
            values.Slice(row * items, items).CopyTo(target.AsSpan((row * stride) + start));
        }
    }
}
