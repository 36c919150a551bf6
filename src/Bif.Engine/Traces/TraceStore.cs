using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bif.Engine.Traces;

/// <summary>
/// The losses of every item at every draw, in nats, as a Zarr v3 group: <c>train_loss</c> and <c>query_loss</c> [chain,
/// draw, item], <c>train_loss_init</c> and <c>query_loss_init</c> [item] at the checkpoint, <c>sampling_loss</c> [chain,
/// step], the mean mini-batch loss that each recorded step saw. Chains write their own chunks and may do so at once.
/// </summary>
public sealed class TraceStore
{
    private readonly ZarrArray _train;
    private readonly ZarrArray _query;
    private readonly ZarrArray _trainInitial;
    private readonly ZarrArray _queryInitial;
    private readonly ZarrArray _sampling;

    private TraceStore(
        TraceShape shape, ZarrArray train, ZarrArray query, ZarrArray trainInitial, ZarrArray queryInitial, ZarrArray sampling)
    {
        Shape = shape;
        _train = train;
        _query = query;
        _trainInitial = trainInitial;
        _queryInitial = queryInitial;
        _sampling = sampling;
    }

    /// <summary>The sizes.</summary>
    public TraceShape Shape { get; }

    /// <summary>Creates an empty store.</summary>
    /// <param name="directory">traces.zarr; created.</param>
    /// <param name="shape">The sizes.</param>
    /// <param name="runId">Recorded in the group's attributes.</param>
    public static TraceStore Create(string directory, TraceShape shape, string runId)
    {
        Directory.CreateDirectory(directory);
        var group = new JsonObject
        {
            ["zarr_format"] = 3,
            ["node_type"] = "group",
            ["attributes"] = new JsonObject
            {
                ["run"] = runId,
                ["units"] = "nats",
                ["steps_per_draw"] = shape.StepsPerDraw,
                ["description"] = "losses of training items and queries along Langevin chains around a checkpoint",
            },
        };
        ZarrArray.WriteWhole(Path.Combine(directory, "zarr.json"), group.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        ZarrArray Losses(string name, int items, string what) => ZarrArray.Create(
            Path.Combine(directory, name),
            [shape.Chains, shape.Draws, items],
            [1, shape.DrawsPerBlock, Math.Min(shape.ItemsPerBlock, items)],
            ["chain", "draw", "item"],
            $"loss of every {what} at every draw");
        ZarrArray Initial(string name, int items, string what) => ZarrArray.Create(
            Path.Combine(directory, name), [items], [items], ["item"], $"loss of every {what} at the checkpoint");
        return new TraceStore(
            shape,
            Losses("train_loss", shape.TrainItems, "training item"),
            Losses("query_loss", shape.QueryItems, "query"),
            Initial("train_loss_init", shape.TrainItems, "training item"),
            Initial("query_loss_init", shape.QueryItems, "query"),
            ZarrArray.Create(
                Path.Combine(directory, "sampling_loss"),
                [shape.Chains, (long)shape.Draws * shape.StepsPerDraw],
                [1, (long)shape.DrawsPerBlock * shape.StepsPerDraw],
                ["chain", "step"],
                "mean mini-batch loss that each recorded sampler step saw"));
    }

    /// <summary>Opens a store.</summary>
    /// <exception cref="InputException">It is missing or not a store of this kind.</exception>
    public static TraceStore Open(string directory)
    {
        ZarrArray Array(string name) => ZarrArray.Open(Path.Combine(directory, name));
        var train = Array("train_loss");
        var query = Array("query_loss");
        var sampling = Array("sampling_loss");
        var shape = new TraceShape(
            (int)train.Shape[0],
            (int)train.Shape[1],
            (int)train.Shape[2],
            (int)query.Shape[2],
            (int)(sampling.Chunk[1] / train.Chunk[1]),
            (int)train.Chunk[1],
            (int)Math.Max(train.Chunk[2], query.Chunk[2]));
        return new TraceStore(shape, train, query, Array("train_loss_init"), Array("query_loss_init"), sampling);
    }

    /// <summary>Writes the losses at the checkpoint.</summary>
    public void WriteInitial(ReadOnlySpan<float> train, ReadOnlySpan<float> query)
    {
        _trainInitial.WriteChunk(train, 1, train.Length, train.Length, 0);
        _queryInitial.WriteChunk(query, 1, query.Length, query.Length, 0);
    }

    /// <summary>The losses at the checkpoint: training items and queries.</summary>
    public (float[] Train, float[] Query) ReadInitial()
    {
        var train = new float[Shape.TrainItems];
        var query = new float[Shape.QueryItems];
        _trainInitial.ReadChunk(train, 0);
        _queryInitial.ReadChunk(query, 0);
        return (train, query);
    }

    /// <summary>
    /// Writes a block of draws of one chain. Training losses come last: a block whose training chunks are there is whole.
    /// </summary>
    /// <param name="chain">The chain.</param>
    /// <param name="block">The block.</param>
    /// <param name="train">[draws, n].</param>
    /// <param name="query">[draws, q].</param>
    /// <param name="sampling">[draws × steps per draw].</param>
    public void WriteBlock(int chain, int block, ReadOnlySpan<float> train, ReadOnlySpan<float> query, ReadOnlySpan<float> sampling)
    {
        var draws = Shape.DrawsIn(block);
        _sampling.WriteChunk(sampling, 1, sampling.Length, sampling.Length, chain, block);
        WriteItems(_query, query, draws, Shape.QueryItems, chain, block);
        WriteItems(_train, train, draws, Shape.TrainItems, chain, block);
    }

    /// <summary>How many blocks of a chain are whole, counted from the first without a gap.</summary>
    public int CompleteBlocks(int chain)
    {
        for (var block = 0; block < Shape.Blocks; block++)
        {
            if (!_sampling.Has(chain, block) || !IsWhole(_query, chain, block) || !IsWhole(_train, chain, block))
            {
                return block;
            }
        }

        return Shape.Blocks;
    }

    /// <summary>Draws in the complete blocks of a chain.</summary>
    public int CompleteDraws(int chain) => Math.Min(Shape.Draws, CompleteBlocks(chain) * Shape.DrawsPerBlock);

    /// <summary>Columns of chunks that hold the training items.</summary>
    public int TrainColumns => Columns(_train);

    /// <summary>Items in a column of training chunks, with its first item.</summary>
    public (int First, int Count) TrainColumn(int column)
        => (column * (int)_train.Chunk[2], Math.Min((int)_train.Chunk[2], Shape.TrainItems - (column * (int)_train.Chunk[2])));

    /// <summary>Reads training losses of one chunk: [draws in the block, width of the chunk]; returns the width.</summary>
    public int ReadTrain(int chain, int block, int column, ref float[] buffer) => ReadChunk(_train, chain, block, column, ref buffer);

    /// <summary>Reads the query losses of a chain's complete blocks: [draws, q].</summary>
    public float[] ReadQueries(int chain)
    {
        var draws = CompleteDraws(chain);
        var losses = new float[draws * Shape.QueryItems];
        var buffer = Array.Empty<float>();
        for (var block = 0; block * Shape.DrawsPerBlock < draws; block++)
        {
            for (var column = 0; column < Columns(_query); column++)
            {
                var width = ReadChunk(_query, chain, block, column, ref buffer);
                var first = column * width;
                var count = Math.Min(width, Shape.QueryItems - first);
                for (var row = 0; row < Shape.DrawsIn(block); row++)
                {
                    buffer.AsSpan(row * width, count)
                        .CopyTo(losses.AsSpan((((block * Shape.DrawsPerBlock) + row) * Shape.QueryItems) + first));
                }
            }
        }

        return losses;
    }

    private static int Columns(ZarrArray array) => (int)((array.Shape[2] + array.Chunk[2] - 1) / array.Chunk[2]);

    private static int ReadChunk(ZarrArray array, int chain, int block, int column, ref float[] buffer)
    {
        var size = (int)(array.Chunk[1] * array.Chunk[2]);
        if (buffer.Length != size)
        {
            buffer = new float[size];
        }

        array.ReadChunk(buffer, chain, block, column);
        return (int)array.Chunk[2];
    }

    private static void WriteItems(ZarrArray array, ReadOnlySpan<float> losses, int draws, int items, int chain, int block)
    {
        var width = (int)array.Chunk[2];
        for (var column = 0; column < Columns(array); column++)
        {
            array.WriteChunk(
                losses[(column * width)..], draws, items, Math.Min(width, items - (column * width)), chain, block, column);
        }
    }

    private static bool IsWhole(ZarrArray array, int chain, int block)
    {
        for (var column = 0; column < Columns(array); column++)
        {
            if (!array.Has(chain, block, column))
            {
                return false;
            }
        }

        return true;
    }
}
