using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Bif.Engine.Traces;
using static TorchSharp.torch;

namespace Bif.Engine.Attribution;

/// <summary>
/// A column of training items over all draws, reduced to sums per batch of draws: Σx, Σx², and Σxy against every query.
/// Values are shifted by the first draw, so that float32 products keep their digits.
/// </summary>
internal sealed class ItemTile
{
    /// <summary>Reads the column's chunks once and forms the sums.</summary>
    public ItemTile(
        TraceStore store, int column, IReadOnlyList<DrawBatch> batches, QueryMoments queries, double[][] meanLoss, IReadOnlyCollection<int> sampledItems)
    {
        (First, Count) = store.TrainColumn(column);
        var queryCount = store.Shape.QueryItems;
        Sums = [.. batches.Select(_ => new float[Count])];
        Squares = [.. batches.Select(_ => new float[Count])];
        Cross = new float[batches.Count][];
        Sampled = sampledItems.Where(item => item >= First && item < First + Count)
            .ToDictionary(item => item, _ => meanLoss.Select(chain => new double[chain.Length]).ToArray());
        var shift = Array.Empty<float>();
        var chunk = Array.Empty<float>();
        var loaded = (Chain: -1, Block: -1);
        var width = 0;
        for (var index = 0; index < batches.Count; index++)
        {
            var batch = batches[index];
            using var scope = NewDisposeScope();
            var values = empty([batch.Count, Count]);
            var rows = MemoryMarshal.Cast<byte, float>(values.bytes);
            for (var row = 0; row < batch.Count; row++)
            {
                var draw = batch.First + row;
                var place = (batch.Chain, draw / store.Shape.DrawsPerBlock);
                if (place != loaded)
                {
                    width = store.ReadTrain(place.Chain, place.Item2, column, ref chunk);
                    loaded = place;
                }

                var source = chunk.AsSpan(draw % store.Shape.DrawsPerBlock * width, Count);
                if (shift.Length == 0)
                {
                    shift = source.ToArray();
                }

                var target = rows.Slice(row * Count, Count);
                meanLoss[batch.Chain][draw] += TensorPrimitives.Sum<float>(source);
                TensorPrimitives.Subtract(source, shift, target);
                TensorPrimitives.Add(Sums[index], target, Sums[index]);
                TensorPrimitives.MultiplyAdd(target, target, Squares[index], Squares[index]);
                foreach (var (item, trace) in Sampled)
                {
                    trace[batch.Chain][draw] = target[item - First];
                }
            }

            var losses = queries.Losses[batch.Chain].AsSpan(batch.First * queryCount, batch.Count * queryCount).ToArray();
            var cross = tensor(losses, [batch.Count, queryCount]).t().mm(values);
            Cross[index] = MemoryMarshal.Cast<byte, float>(cross.bytes).ToArray();
        }
    }

    /// <summary>Index of the first item.</summary>
    public int First { get; }

    /// <summary>Number of items.</summary>
    public int Count { get; }

    /// <summary>Σx: [batch][item].</summary>
    public float[][] Sums { get; }

    /// <summary>Σx²: [batch][item].</summary>
    public float[][] Squares { get; }

    /// <summary>Σxy: [batch][query × item].</summary>
    public float[][] Cross { get; }

    /// <summary>Whole traces [chain][draw] of the items that diagnostics sample.</summary>
    public Dictionary<int, double[][]> Sampled { get; }
}
