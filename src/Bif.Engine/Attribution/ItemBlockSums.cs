using System.Runtime.Intrinsics;
using Bif.Engine.Traces;

namespace Bif.Engine.Attribution;

/// <summary>
/// A block of training items over all draws, reduced to sums per batch of draws: Σx, Σx² (float64) and Σxy against a group
/// of queries (float32). x is the loss less the chain's first draw, so that a large common offset costs no digits; y is
/// centred exactly. One instance serves one thread and is filled again for each block.
/// </summary>
internal sealed unsafe class ItemBlockSums : IDisposable
{
    private readonly TraceStore _store;
    private readonly DrawBatch[] _batches;
    private readonly AlignedFloats _cross;
    private readonly AlignedFloats _panels;
    private readonly AlignedFloats _shift;
    private readonly float[] _chunk;

    /// <summary>Allocates room for any block of the store and groups of up to <paramref name="queries"/> queries.</summary>
    public ItemBlockSums(TraceStore store, DrawBatch[] batches, int queries)
    {
        (_store, _batches) = (store, batches);
        Padded = (store.TrainColumns + CrossProducts.ItemStep - 1) / CrossProducts.ItemStep * CrossProducts.ItemStep;
        QueryRoom = (queries + CrossProducts.QueryStep - 1) / CrossProducts.QueryStep * CrossProducts.QueryStep;
        _cross = new((long)QueryRoom * batches.Length * Padded);
        _panels = new((long)Math.Min(store.Shape.DrawsPerBlock, batches.Max(batch => batch.Count)) * Padded);
        _shift = new((long)store.Shape.Chains * Padded);
        _chunk = new float[(long)store.Shape.DrawsPerBlock * store.TrainColumns];
        Sums = [.. batches.Select(_ => new double[Padded])];
        Squares = [.. batches.Select(_ => new double[Padded])];
        ShiftedTotals = [.. DrawsPerChain().Select(draws => new double[draws])];
        ShiftTotal = new double[store.Shape.Chains];
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

    /// <summary>Σ over the block's items of x: [chain][draw].</summary>
    public double[][] ShiftedTotals { get; }

    /// <summary>Σ over the block's items of what was subtracted: [chain].</summary>
    public double[] ShiftTotal { get; }

    /// <summary>What was subtracted from an item's losses in a chain.</summary>
    public float Shift(int chain, int item) => _shift.Pointer[((long)chain * Padded) + item];

    /// <summary>Σxy of a query and a batch, by item.</summary>
    public float* Cross(int query, int batch) => _cross.Pointer + ((((long)query * _batches.Length) + batch) * Padded);

    /// <summary>Reads the block's chunks once and forms the sums.</summary>
    /// <param name="block">The block of items.</param>
    /// <param name="queries">The queries.</param>
    /// <param name="watched">Receives whole traces of some items, or null.</param>
    public void Fill(int block, QueryGroup queries, SampledTraces? watched)
    {
        First = block * _store.TrainColumns;
        Count = Math.Min(_store.TrainColumns, _store.Shape.TrainItems - First);
        var columns = _store.TrainColumns;
        for (var b = 0; b < _batches.Length; b++)
        {
            var batch = _batches[b];
            Array.Clear(Sums[b]);
            Array.Clear(Squares[b]);
            for (var draw = batch.First; draw < batch.End;)
            {
                var row = draw % _store.Shape.DrawsPerBlock;
                if (row == 0 || draw == batch.First)
                {
                    LoadChunk(batch.Chain, draw, block, b);
                }

                var rows = Math.Min(_store.Shape.DrawsPerBlock - row, batch.End - draw);
                for (var i = 0; i < rows; i++)
                {
                    var losses = _chunk.AsSpan((row + i) * columns, Count);
                    ShiftedTotals[batch.Chain][draw + i] = Pack(losses, batch.Chain, i, rows, Sums[b], Squares[b]);
                    watched?.Take(batch.Chain, draw + i, First, losses);
                }

                CrossProducts.Add(
                    _panels.Pointer, queries.Rows(batch.Chain, draw), rows, queries.Padded, PaddedCount,
                    Cross(0, b), (long)_batches.Length * Padded, fresh: draw == batch.First);
                draw += rows;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cross.Dispose();
        _panels.Dispose();
        _shift.Dispose();
    }

    private int PaddedCount => (Count + CrossProducts.ItemStep - 1) / CrossProducts.ItemStep * CrossProducts.ItemStep;

    private IEnumerable<int> DrawsPerChain()
        => Enumerable.Range(0, _store.Shape.Chains).Select(chain => _batches.Where(batch => batch.Chain == chain).Sum(batch => batch.Count));

    private void LoadChunk(int chain, int draw, int block, int batchIndex)
    {
        // A batch that begins inside the chunk that its predecessor ended in finds it loaded.
        var atStart = draw % _store.Shape.DrawsPerBlock == 0;
        if (!atStart && batchIndex > 0 && _batches[batchIndex - 1].Chain == chain)
        {
            return;
        }

        _store.ReadTrainChunk(chain, draw / _store.Shape.DrawsPerBlock, block, _chunk);
        if (draw == 0)
        {
            var shift = new Span<float>(_shift.Pointer + ((long)chain * Padded), Padded);
            shift.Clear();
            _chunk.AsSpan(0, Count).CopyTo(shift);
            ShiftTotal[chain] = 0;
            foreach (var loss in shift)
            {
                ShiftTotal[chain] += loss;
            }
        }
    }

    // Shifts one draw into its place in the panels, and adds to the moments; returns the sum over items.
    private double Pack(ReadOnlySpan<float> losses, int chain, int row, int rows, double[] sums, double[] squares)
    {
        var total = Vector512<float>.Zero;
        var padded = PaddedCount;
        fixed (float* source = losses)
        fixed (double* sum = sums)
        fixed (double* square = squares)
        {
            var shift = _shift.Pointer + ((long)chain * Padded);
            var target = _panels.Pointer + (row * CrossProducts.ItemStep);
            for (var item = 0; item < padded; item += CrossProducts.ItemStep)
            {
                for (var lane = 0; lane < CrossProducts.ItemStep; lane += Vector512<float>.Count)
                {
                    var at = item + lane;
                    var x = (at + Vector512<float>.Count <= Count ? Vector512.Load(source + at) : Rest(source, at)) - Vector512.Load(shift + at);
                    x.Store(target + lane);
                    total += x;
                    var (low, high) = Vector512.Widen(x);
                    (Vector512.Load(sum + at) + low).Store(sum + at);
                    (Vector512.Load(sum + at + 8) + high).Store(sum + at + 8);
                    Vector512.FusedMultiplyAdd(low, low, Vector512.Load(square + at)).Store(square + at);
                    Vector512.FusedMultiplyAdd(high, high, Vector512.Load(square + at + 8)).Store(square + at + 8);
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
