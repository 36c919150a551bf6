using System.Numerics.Tensors;

namespace Bif.Engine.Traces;

/// <summary>
/// A loss trace [chain, draw, item]: cuts blocks of draws into chunks of items and puts windows together from them.
/// Safe to read from several threads.
/// </summary>
/// <param name="array">What is stored: losses, or what is left of them after subtracting each item's origin.</param>
/// <param name="drawsPerBlock">Draws of a chunk.</param>
/// <param name="itemsPerBlock">Items of a chunk.</param>
/// <param name="origin">Gives the losses that were subtracted [items]; null where losses are stored as they are.</param>
internal sealed class LossTrace(ZarrArray array, int drawsPerBlock, int itemsPerBlock, Func<float[]>? origin = null)
{
    private int Draws => array.Shape[1];

    private int Items => array.Shape[2];

    private int ItemBlocks => (Items + itemsPerBlock - 1) / itemsPerBlock;

    /// <summary>Whether all chunks of a block of draws are there.</summary>
    public bool HasBlock(int chain, int block)
    {
        for (var itemBlock = 0; itemBlock < ItemBlocks; itemBlock++)
        {
            if (!array.HasChunk(chain, block, itemBlock))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Writes a block of draws, losses [draws, items].</summary>
    public void WriteBlock(int chain, int block, int draws, ReadOnlySpan<float> losses)
    {
        var chunk = new float[array.ChunkElements];
        for (var itemBlock = 0; itemBlock < ItemBlocks; itemBlock++)
        {
            var firstItem = itemBlock * itemsPerBlock;
            var items = Math.Min(itemsPerBlock, Items - firstItem);
            chunk.AsSpan().Fill(float.NaN);
            for (var draw = 0; draw < draws; draw++)
            {
                var row = losses.Slice((draw * Items) + firstItem, items);
                if (origin is null)
                {
                    row.CopyTo(chunk.AsSpan(draw * itemsPerBlock));
                }
                else
                {
                    TensorPrimitives.Subtract(row, origin().AsSpan(firstItem, items), chunk.AsSpan(draw * itemsPerBlock));
                }
            }

            array.WriteChunk(chunk, chain, block, itemBlock);
        }
    }

    /// <summary>Reads one chunk [drawsPerBlock, itemsPerBlock] and checks its checksum; NaN where nothing is written.</summary>
    public bool ReadChunk(int chain, int block, int itemBlock, Span<float> losses)
    {
        var isThere = array.ReadChunk(losses, chain, block, itemBlock);
        for (var row = 0; origin is not null && isThere && row < drawsPerBlock; row++)
        {
            Restore(losses[(row * itemsPerBlock)..], itemBlock * itemsPerBlock, Math.Min(itemsPerBlock, Items - (itemBlock * itemsPerBlock)));
        }

        return isThere;
    }

    /// <summary>Reads losses [draws, items] of a window; NaN where nothing is written.</summary>
    public void Read(int chain, int firstDraw, int draws, int firstItem, int items, Span<float> losses)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)chain, (uint)array.Shape[0], nameof(chain));
        ArgumentOutOfRangeException.ThrowIfNegative(firstDraw);
        ArgumentOutOfRangeException.ThrowIfNegative(firstItem);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)firstDraw + draws, Draws, nameof(draws));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)firstItem + items, Items, nameof(items));
        losses = losses[..checked(draws * items)];
        float[]? chunk = null;
        for (var draw = firstDraw; draw < firstDraw + draws;)
        {
            var (block, row) = (draw / drawsPerBlock, draw % drawsPerBlock);
            var rows = Math.Min(drawsPerBlock - row, firstDraw + draws - draw);
            for (var item = firstItem; item < firstItem + items;)
            {
                var (itemBlock, column) = (item / itemsPerBlock, item % itemsPerBlock);
                var columns = Math.Min(itemsPerBlock - column, firstItem + items - item);
                var target = losses[(((draw - firstDraw) * items) + item - firstItem)..];
                if (8L * rows * columns < array.ChunkElements)
                {
                    if (!array.ReadWindow(row, rows, column, target, items, columns, chain, block, itemBlock))
                    {
                        FillRows(target, rows, columns, items);
                    }
                }
                else
                {
                    chunk ??= new float[array.ChunkElements];
                    array.ReadChunk(chunk, chain, block, itemBlock);
                    for (var i = 0; i < rows; i++)
                    {
                        chunk.AsSpan(((row + i) * itemsPerBlock) + column, columns).CopyTo(target[(i * items)..]);
                    }
                }

                for (var i = 0; origin is not null && i < rows; i++)
                {
                    Restore(target[(i * items)..], item, columns);
                }

                item += columns;
            }

            draw += rows;
        }
    }

    private void Restore(Span<float> deviations, int firstItem, int items)
        => TensorPrimitives.Add(deviations[..items], origin!().AsSpan(firstItem, items), deviations);

    private static void FillRows(Span<float> target, int rows, int columns, int stride)
    {
        for (var i = 0; i < rows; i++)
        {
            target.Slice(i * stride, columns).Fill(float.NaN);
        }
    }
}
