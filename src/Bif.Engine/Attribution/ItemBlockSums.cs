using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Bif.Engine.FirstOrder;
using Bif.Engine.Traces;

namespace Bif.Engine.Attribution;

/// <summary>
/// A block of training items over all draws, reduced to sums per batch of draws: Σx, Σx² (float64) and Σxy against a group
/// of queries (float32). x is the loss less the chain's first draw, so that a large common offset costs no digits; y is
/// centred exactly. With a control variate, Σxy is less that of the first-order parts. One instance serves one thread and is
/// filled again for each block.
/// </summary>
internal sealed unsafe class ItemBlockSums : IDisposable
{
    // Draws of a batch that are packed before their products are taken: the panels stay in the second-level cache.
    private const int PackedDraws = 128;
    private readonly TraceStore _store;
    private readonly DrawBatch[] _batches;
    private readonly AlignedFloats _cross;
    private readonly AlignedFloats _panels;
    private readonly AlignedFloats _shift;
    private readonly float[] _chunk;
    private readonly FirstOrderControl? _control;
    private readonly AlignedFloats? _zeros;
    private readonly float[] _controlChunk = [];
    private readonly double[] _controlSums = [];

    /// <summary>Allocates room for any block of the store and groups of up to <paramref name="queries"/> queries.</summary>
    public ItemBlockSums(TraceStore store, DrawBatch[] batches, int queries, FirstOrderControl? control = null)
    {
        (_store, _batches, _control) = (store, batches, control);
        Padded = (store.TrainColumns + CrossProducts.ItemStep - 1) / CrossProducts.ItemStep * CrossProducts.ItemStep;
        QueryRoom = (queries + CrossProducts.QueryStep - 1) / CrossProducts.QueryStep * CrossProducts.QueryStep;
        _cross = new((long)QueryRoom * batches.Length * Padded);
        _panels = new((long)Math.Min(PackedDraws, batches.Max(batch => batch.Count)) * Padded);
        _shift = new((long)store.Shape.Chains * Padded);
        _chunk = new float[(long)store.Shape.DrawsPerBlock * store.TrainColumns];
        Sums = [.. batches.Select(_ => new double[Padded])];
        Squares = [.. batches.Select(_ => new double[Padded])];
        ShiftedTotals = [.. DrawsPerChain().Select(draws => new double[draws])];
        ShiftTotal = new double[store.Shape.Chains];
        ControlSquares = control is null ? null : [.. batches.Select(_ => new double[Padded])];
        if (control is not null)
        {
            (_controlChunk, _controlSums, _zeros) = (new float[_chunk.Length], new double[Padded], new(Padded));
        }
    }

    /// <summary>Index of the first item.</summary>
    public int First { get; private set; }

    /// <summary>Number of items.</summary>
    public int Count { get; private set; }

    /// <summary>Length of a row of sums: the number of items of the largest block, padded.</summary>
    public int Padded { get; }

    /// <summary>Queries that fit.</summary>
    public int QueryRoom { get; }

    /// <summary>Σx: [batch][item].</summary>
    public double[][] Sums { get; }

    /// <summary>Σx²: [batch][item].</summary>
    public double[][] Squares { get; }

    /// <summary>Σa² of the first-order parts: [batch][item]; null without a control variate.</summary>
    public double[][]? ControlSquares { get; }

    /// <summary>The control variate, or null.</summary>
    public FirstOrderControl? Control => _control;

    /// <summary>Σ over the block's items of x: [chain][draw].</summary>
    public double[][] ShiftedTotals { get; }

    /// <summary>Σ over the block's items of what was subtracted: [chain].</summary>
    public double[] ShiftTotal { get; }

    /// <summary>What was subtracted from an item's losses in a chain.</summary>
    public float Shift(int chain, int item) => _shift.Pointer[((long)chain * Padded) + item];

    /// <summary>What was subtracted from eight items' losses in a chain.</summary>
    public Vector512<double> Shifts(int chain, int item)
    {
        var (low, high) = Vector256.Widen(Vector256.Load(_shift.Pointer + ((long)chain * Padded) + item));
        return Vector512.Create(low, high);
    }

    /// <summary>Σxy of a query and a batch, by item.</summary>
    public float* Cross(int query, int batch) => _cross.Pointer + ((((long)query * _batches.Length) + batch) * Padded);

    /// <summary>Reads the block's chunks once and forms the sums.</summary>
    /// <param name="block">The block of items.</param>
    /// <param name="queries">The queries.</param>
    /// <param name="parts">Their first-order parts, negative; null without a control variate.</param>
    /// <param name="watched">Receives whole traces of some items, or null.</param>
    public void Fill(int block, QueryGroup queries, QueryGroup? parts, SampledTraces? watched)
    {
        First = block * _store.TrainColumns;
        Count = Math.Min(_store.TrainColumns, _store.Shape.TrainItems - First);
        for (var b = 0; b < _batches.Length; b++)
        {
            var batch = _batches[b];
            Array.Clear(Sums[b]);
            Array.Clear(Squares[b]);
            for (var draw = batch.First; draw < batch.End; draw += PackedDraws)
            {
                var draws = Math.Min(PackedDraws, batch.End - draw);
                PackDraws(block, b, draw, draws, watched);
                AddPanels(b, draw, draws, queries, Sums[b], Squares[b], fresh: draw == batch.First);
            }

            for (var draw = batch.First; parts is not null && draw < batch.End; draw += PackedDraws)
            {
                var draws = Math.Min(PackedDraws, batch.End - draw);
                PackParts(block, batch.Chain, draw, draws);
                Array.Clear(ControlSquares![b], 0, draw == batch.First ? Padded : 0);
                AddPanels(b, draw, draws, parts, _controlSums, ControlSquares[b], fresh: false);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cross.Dispose();
        _panels.Dispose();
        _shift.Dispose();
        _zeros?.Dispose();
    }

    private IEnumerable<int> DrawsPerChain()
        => Enumerable.Range(0, _store.Shape.Chains).Select(chain => _batches.Where(batch => batch.Chain == chain).Sum(batch => batch.Count));

    // Chunks of the draws are read as they come up; a batch may begin within the chunk that the one before it ended in.
    private void PackDraws(int block, int batch, int firstDraw, int draws, SampledTraces? watched)
    {
        var chain = _batches[batch].Chain;
        for (var i = 0; i < draws; i++)
        {
            var (drawBlock, row) = Math.DivRem(firstDraw + i, _store.Shape.DrawsPerBlock);
            if (row == 0)
            {
                _store.ReadTrainChunk(chain, drawBlock, block, _chunk);
            }

            var losses = _chunk.AsSpan(row * _store.TrainColumns, Count);
            if (firstDraw + i == 0)
            {
                SetShift(chain, losses);
            }

            ShiftedTotals[chain][firstDraw + i] = Pack(losses, _shift.Pointer + ((long)chain * Padded), i, draws);
            watched?.Take(chain, firstDraw + i, First, losses);
        }
    }

    private void PackParts(int block, int chain, int firstDraw, int draws)
    {
        for (var i = 0; i < draws; i++)
        {
            var (drawBlock, row) = Math.DivRem(firstDraw + i, _store.Shape.DrawsPerBlock);
            if (row == 0)
            {
                _control!.Traces.ReadTrainChunk(chain, drawBlock, block, _controlChunk);
            }

            Pack(_controlChunk.AsSpan(row * _store.TrainColumns, Count), _zeros!.Pointer, i, draws);
        }
    }

    private void SetShift(int chain, ReadOnlySpan<float> losses)
    {
        var shift = new Span<float>(_shift.Pointer + ((long)chain * Padded), Padded);
        shift.Clear();
        losses.CopyTo(shift);
        ShiftTotal[chain] = 0;
        foreach (var loss in losses)
        {
            ShiftTotal[chain] += loss;
        }
    }

    private void AddPanels(int b, int draw, int draws, QueryGroup queries, double[] sumsOf, double[] squaresOf, bool fresh)
    {
        fixed (double* sums = sumsOf)
        fixed (double* squares = squaresOf)
        {
            var y = queries.Panels(_batches[b].Chain, draw);
            for (var item = 0; item < Count; item += CrossProducts.ItemStep)
            {
                var panel = _panels.Pointer + ((long)item * draws);
                CrossProducts.AddMoments(panel, draws, sums + item, squares + item);
                CrossProducts.Add(
                    panel, y, queries.PanelStride, draws, queries.Padded, Cross(0, b) + item, (long)_batches.Length * Padded, fresh);
            }
        }
    }

    // Shifts one draw into its place in the panels; returns the sum over items.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Pack(ReadOnlySpan<float> losses, float* shift, int row, int rows)
    {
        var total = Vector512<float>.Zero;
        var padded = (Count + CrossProducts.ItemStep - 1) / CrossProducts.ItemStep * CrossProducts.ItemStep;
        fixed (float* source = losses)
        {
            var target = _panels.Pointer + (row * CrossProducts.ItemStep);
            for (var item = 0; item < padded; item += CrossProducts.ItemStep)
            {
                for (var lane = 0; lane < CrossProducts.ItemStep; lane += Vector512<float>.Count)
                {
                    var at = item + lane;
                    var x = (at + Vector512<float>.Count <= Count ? Vector512.Load(source + at) : Rest(source, at)) - Vector512.Load(shift + at);
                    x.Store(target + lane);
                    total += x;
                }

                target += rows * CrossProducts.ItemStep;
            }
        }

        return Vector512.Sum(total);
    }

    // The last losses of a row, followed by zeros.
    private Vector512<float> Rest(float* source, int at)
    {
        var rest = stackalloc float[Vector512<float>.Count];
        for (var lane = 0; lane < Vector512<float>.Count; lane++)
        {
            rest[lane] = at + lane < Count ? source[at + lane] : 0;
        }

        return Vector512.Load(rest);
    }
}
