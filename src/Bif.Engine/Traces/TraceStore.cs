using System.Text.Json.Nodes;

namespace Bif.Engine.Traces;

/// <summary>
/// The losses of a run, as a Zarr v3 directory store that zarr-python and xarray open:
/// <c>train_loss</c> [chain, draw, item] and <c>query_loss</c> [chain, draw, query]; <c>train_loss_init</c> [item] and
/// <c>query_loss_init</c> [query], the losses at the checkpoint; <c>sampling_loss</c> [chain, step] and <c>burn_in_loss</c>
/// [chain, burn_in_step], the mini-batch losses that drove the chains.
/// All are float32, in nats; in a store of deviations the first two are float16, less the losses at the checkpoint. A chunk is written aside, forced to the disk and renamed: a reader never sees half of one.
/// Chains may be written from different threads, and read while others are written.
/// </summary>
public sealed class TraceStore
{
    private const int FormatVersion = 1;
    private const string Deviations = "deviations";

    // Training items, queries, steps and burn-in steps differ in number, and xarray opens a group only if a dimension's
    // name has one length in it.
    private static readonly string[] TrainDimensions = ["chain", "draw", "item"];
    private static readonly string[] QueryDimensions = ["chain", "draw", "query"];

    private readonly LossTrace _train;
    private readonly LossTrace _query;
    private readonly ZarrArray _trainInit;
    private readonly ZarrArray _queryInit;
    private readonly ZarrArray _sampling;
    private readonly ZarrArray? _burnIn;
    private volatile float[]? _trainOrigin, _queryOrigin;

    private TraceStore(string directory, TraceShape shape, JsonObject attributes, Func<string, int[], int[], string[], ZarrArray> array)
    {
        StoresDeviations = HasDeviations(attributes);
        (Directory, Shape, Attributes) = (directory, shape, attributes);
        var trainColumns = Math.Min(shape.ItemsPerBlock, shape.TrainItems);
        var queryColumns = Math.Min(shape.ItemsPerBlock, shape.QueryItems);
        var steps = checked(shape.Draws * shape.StepsPerDraw);
        _trainInit = array("train_loss_init", [shape.TrainItems], [shape.TrainItems], ["item"]);
        _queryInit = array("query_loss_init", [shape.QueryItems], [shape.QueryItems], ["query"]);
        _burnIn = shape.BurnIn == 0 ? null : array("burn_in_loss", [shape.Chains, shape.BurnIn], [1, shape.BurnIn], ["chain", "burn_in_step"]);
        _sampling = array("sampling_loss", [shape.Chains, steps], [1, shape.DrawsPerBlock * shape.StepsPerDraw], ["chain", "step"]);
        _query = new(
            array("query_loss", [shape.Chains, shape.Draws, shape.QueryItems], [1, shape.DrawsPerBlock, queryColumns], QueryDimensions),
            shape.DrawsPerBlock,
            queryColumns,
            StoresDeviations ? () => _queryOrigin ??= ReadInitial().Query : null);
        _train = new(
            array("train_loss", [shape.Chains, shape.Draws, shape.TrainItems], [1, shape.DrawsPerBlock, trainColumns], TrainDimensions),
            shape.DrawsPerBlock,
            trainColumns,
            StoresDeviations ? () => _trainOrigin ??= ReadInitial().Train : null);
    }

    /// <summary>The folder of the store.</summary>
    public string Directory { get; }

    /// <summary>Lengths of the axes and of the blocks.</summary>
    public TraceShape Shape { get; }

    /// <summary>What the group's metadata says: sign convention, units, and whatever the run added.</summary>
    public JsonObject Attributes { get; }

    /// <summary>Whether losses are stored as float16 deviations from those at the checkpoint, each rounded to 1 part in 2,048 of itself.</summary>
    public bool StoresDeviations { get; }

    /// <summary>Items of a chunk of <c>train_loss</c>.</summary>
    internal int TrainColumns => Math.Min(Shape.ItemsPerBlock, Shape.TrainItems);

    /// <summary>Creates an empty store.</summary>
    /// <param name="directory">Its folder (RUN/traces.zarr); created with its parents.</param>
    /// <param name="shape">Lengths of the axes.</param>
    /// <param name="attributes">Added to the group's attributes (the run's id and hashes), or null.</param>
    /// <param name="deviations">Whether losses are stored as float16 deviations from those at the checkpoint, which must be written first.</param>
    /// <exception cref="InputException">A store lies there already, or the shape is impossible.</exception>
    public static TraceStore Create(string directory, TraceShape shape, JsonObject? attributes = null, bool deviations = false)
    {
        shape.Check();
        if (ZarrMetadata.Exists(directory))
        {
            throw new InputException($"There is a trace in {directory} already: continue it with --resume or choose another folder.");
        }

        var all = new JsonObject
        {
            ["bif_trace_version"] = FormatVersion,
            ["units"] = "nats",
            ["sign_convention"] = "BIF = -covariance of losses, negative = helpful; posterior correlation = +correlation, positive = helpful",
            ["steps_per_draw"] = shape.StepsPerDraw,
            ["burn_in_steps"] = shape.BurnIn,
            ["items_per_block"] = shape.ItemsPerBlock,
        };
        if (deviations)
        {
            all[Deviations] = "train_loss and query_loss are losses less train_loss_init and query_loss_init, as float16";
        }

        foreach (var (key, value) in attributes ?? [])
        {
            all[key] = value?.DeepClone();
        }

        // The group's document comes last: a store that has one has everything.
        var store = new TraceStore(
            directory, shape, all, (name, lengths, chunk, dimensions) => ZarrArray.Create(Path.Combine(directory, name), lengths, chunk, dimensions, TypeOf(name, deviations)));
        ZarrMetadata.Write(directory, ZarrMetadata.Group((JsonObject)all.DeepClone()));
        return store;
    }

    /// <summary>Opens a store.</summary>
    /// <exception cref="InputException">It is missing, incomplete, or was not written by this program.</exception>
    public static TraceStore Open(string directory)
    {
        if (ZarrMetadata.Read(directory, "group")["attributes"] is not JsonObject attributes
            || Number(attributes, "bif_trace_version") != FormatVersion)
        {
            throw new InputException($"{directory} is a Zarr group but not a trace of this version of bif: give the traces.zarr of a run.");
        }

        var type = TypeOf("train_loss", HasDeviations(attributes));
        var (train, chunk) = ZarrMetadata.ReadArray(Path.Combine(directory, "train_loss"), TrainDimensions, type);
        var (query, _) = ZarrMetadata.ReadArray(Path.Combine(directory, "query_loss"), QueryDimensions, type);
        var shape = new TraceShape(
            train[0], train[1], train[2], query[2], chunk[1],
            Number(attributes, "items_per_block"), Number(attributes, "steps_per_draw"), Number(attributes, "burn_in_steps"));
        shape.Check();
        return new(directory, shape, attributes, (name, lengths, chunk, dimensions) => OpenArray(Path.Combine(directory, name), lengths, chunk, dimensions, TypeOf(name, HasDeviations(attributes))));
    }

    /// <summary>
    /// A store with other queries at the draws of a run: the training traces are links to the run's, the query traces its
    /// own and empty.
    /// </summary>
    /// <param name="directory">Its folder; created, or replaced but for the links.</param>
    /// <param name="run">The run's traces, complete.</param>
    /// <param name="queryItems">Number of queries.</param>
    public static TraceStore Attach(string directory, TraceStore run, int queryItems)
    {
        System.IO.Directory.CreateDirectory(directory);
        var shape = run.Shape with { QueryItems = queryItems };
        var store = new TraceStore(directory, shape, run.Attributes, (name, lengths, chunk, dimensions) =>
        {
            var node = Path.Combine(directory, name);
            if (name.StartsWith("query", StringComparison.Ordinal))
            {
                return ZarrArray.Create(node, lengths, chunk, dimensions, TypeOf(name, run.StoresDeviations));
            }

            if (!System.IO.Directory.Exists(node))
            {
                System.IO.Directory.CreateSymbolicLink(node, Path.GetRelativePath(directory, Path.Combine(run.Directory, name)));
            }

            return ZarrArray.Open(node, dimensions, TypeOf(name, run.StoresDeviations));
        });
        ZarrMetadata.Write(directory, ZarrMetadata.Group((JsonObject)run.Attributes.DeepClone()));
        return store;
    }

    /// <summary>Writes the queries' losses at the checkpoint, nats.</summary>
    public void WriteInitialQuery(ReadOnlySpan<float> query)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(query.Length, Shape.QueryItems, nameof(query));
        _queryInit.WriteChunk(query, 0);
        _queryOrigin = null;
    }

    /// <summary>Makes losses [items] of training items, or of queries, what reading them back will give; nothing where losses are stored as they are.</summary>
    public void RoundAsWritten(bool queries, Span<float> losses)
    {
        if (!StoresDeviations)
        {
            return;
        }

        var origin = queries ? _queryOrigin ??= ReadInitial().Query : _trainOrigin ??= ReadInitial().Train;
        for (var item = 0; item < losses.Length; item++)
        {
            losses[item] = origin[item] + (float)(Half)(losses[item] - origin[item]);
        }
    }

    /// <summary>Writes a block of the queries' losses [draws, items] alone, where the training losses are there already.</summary>
    public void WriteQueryBlock(int chain, int block, ReadOnlySpan<float> query)
    {
        var draws = Shape.DrawsIn(block);
        ArgumentOutOfRangeException.ThrowIfNotEqual((long)query.Length, (long)draws * Shape.QueryItems, nameof(query));
        _query.WriteBlock(chain, block, draws, query);
    }

    /// <summary>Writes the losses at the checkpoint, in nats: one per training item and one per query.</summary>
    public void WriteInitial(ReadOnlySpan<float> train, ReadOnlySpan<float> query)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(train.Length, Shape.TrainItems, nameof(train));
        ArgumentOutOfRangeException.ThrowIfNotEqual(query.Length, Shape.QueryItems, nameof(query));
        _trainInit.WriteChunk(train, 0);
        _queryInit.WriteChunk(query, 0);
        (_trainOrigin, _queryOrigin) = (null, null);
    }

    /// <summary>Reads the losses at the checkpoint; NaN if they are not written yet.</summary>
    public (float[] Train, float[] Query) ReadInitial()
    {
        var (train, query) = (new float[Shape.TrainItems], new float[Shape.QueryItems]);
        _trainInit.ReadChunk(train, 0);
        _queryInit.ReadChunk(query, 0);
        return (train, query);
    }

    /// <summary>Whether the losses at the checkpoint are there.</summary>
    public bool HasInitial => _trainInit.HasChunk(0) && _queryInit.HasChunk(0);

    /// <summary>Writes the mean mini-batch loss of each burn-in step of a chain (<see cref="TraceShape.BurnIn"/> numbers).</summary>
    public void WriteBurnIn(int chain, ReadOnlySpan<float> losses)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(losses.Length, Shape.BurnIn, nameof(losses));
        _burnIn?.WriteChunk(losses, chain, 0);
    }

    /// <summary>Reads the burn-in losses of a chain; NaN if they are not written, empty if there is no burn-in.</summary>
    public float[] ReadBurnIn(int chain)
    {
        var losses = new float[Shape.BurnIn];
        _burnIn?.ReadChunk(losses, chain, 0);
        return losses;
    }

    /// <summary>
    /// Writes a block of draws: the last of its chunks makes it count as complete. Rewriting a block replaces it.
    /// </summary>
    /// <param name="chain">The chain.</param>
    /// <param name="block">The block; it has <see cref="TraceShape.DrawsIn"/> draws.</param>
    /// <param name="train">Training losses [draws, items].</param>
    /// <param name="query">Query losses [draws, items].</param>
    /// <param name="sampling">Mean mini-batch loss of each sampler step [draws · steps per draw].</param>
    public void WriteBlock(int chain, int block, ReadOnlySpan<float> train, ReadOnlySpan<float> query, ReadOnlySpan<float> sampling)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)chain, (uint)Shape.Chains, nameof(chain));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)block, (uint)Shape.Blocks, nameof(block));
        var draws = Shape.DrawsIn(block);
        ArgumentOutOfRangeException.ThrowIfNotEqual((long)train.Length, (long)draws * Shape.TrainItems, nameof(train));
        ArgumentOutOfRangeException.ThrowIfNotEqual((long)query.Length, (long)draws * Shape.QueryItems, nameof(query));
        ArgumentOutOfRangeException.ThrowIfNotEqual((long)sampling.Length, (long)draws * Shape.StepsPerDraw, nameof(sampling));
        var steps = new float[Shape.DrawsPerBlock * Shape.StepsPerDraw];
        steps.AsSpan(sampling.Length).Fill(float.NaN);
        sampling.CopyTo(steps);
        _sampling.WriteChunk(steps, chain, block);
        _query.WriteBlock(chain, block, draws, query);
        _train.WriteBlock(chain, block, draws, train);
    }

    /// <summary>
    /// Consecutive blocks from the first of which every chunk is there with all its draws; a chain continues at this one.
    /// A last block that was short before <see cref="Extend"/> counts again once it is filled up.
    /// </summary>
    public int CompleteBlocks(int chain)
    {
        var block = 0;
        while (block < Shape.Blocks && _sampling.HasChunk(chain, block) && _query.HasBlock(chain, block) && _train.HasBlock(chain, block))
        {
            block++;
        }

        return block > 0 && !IsFull(chain, block - 1) ? block - 1 : block;
    }

    // A draw with a training loss that is no number is never written, so NaN means that the draw is not there yet.
    private bool IsFull(int chain, int block)
    {
        Span<float> last = stackalloc float[1];
        _train.Read(chain, (block * Shape.DrawsPerBlock) + Shape.DrawsIn(block) - 1, 1, 0, 1, last);
        return !float.IsNaN(last[0]);
    }

    /// <summary>Draws of the complete blocks of a chain.</summary>
    public int CompleteDraws(int chain) => (int)Math.Min(Shape.Draws, (long)CompleteBlocks(chain) * Shape.DrawsPerBlock);

    /// <summary>Reads training losses [draws, items]; NaN where nothing is written.</summary>
    /// <exception cref="InputException">A chunk is damaged.</exception>
    public void ReadTrain(int chain, int firstDraw, int draws, int firstItem, int items, Span<float> losses)
        => _train.Read(chain, firstDraw, draws, firstItem, items, losses);

    /// <summary>Reads query losses [draws, items]; NaN where nothing is written.</summary>
    /// <exception cref="InputException">A chunk is damaged.</exception>
    public void ReadQuery(int chain, int firstDraw, int draws, int firstItem, int items, Span<float> losses)
        => _query.Read(chain, firstDraw, draws, firstItem, items, losses);

    /// <summary>Reads the mini-batch losses of a block of draws [draws · steps per draw]; NaN if it is not written.</summary>
    public float[] ReadSampling(int chain, int block)
    {
        var steps = new float[Shape.DrawsPerBlock * Shape.StepsPerDraw];
        _sampling.ReadChunk(steps, chain, block);
        return steps[..(Shape.DrawsIn(block) * Shape.StepsPerDraw)];
    }

    /// <summary>
    /// Makes room for more draws per chain; returns the longer store. A short last block counts as incomplete until it is
    /// written again with all its draws. A crash in between leaves a store that can be opened
    /// and extended again.
    /// </summary>
    /// <param name="draws">The new number of draws per chain.</param>
    /// <exception cref="InputException">It is smaller than before.</exception>
    public TraceStore Extend(int draws)
    {
        if (draws < Shape.Draws)
        {
            throw new InputException(
                $"The trace in {Directory} has {Shape.Draws} draws per chain and cannot be cut to {draws}: ask for more draws, or sample into another folder.");
        }

        return new(
            Directory, Shape with { Draws = draws }, Attributes,
            (name, lengths, chunk, dimensions) => ZarrArray.Create(Path.Combine(Directory, name), lengths, chunk, dimensions, TypeOf(name, StoresDeviations)));
    }

    /// <summary>Reads one chunk of training losses [draws per block, <see cref="TrainColumns"/>], checksum checked.</summary>
    internal bool ReadTrainChunk(int chain, int block, int itemBlock, Span<float> losses) => _train.ReadChunk(chain, block, itemBlock, losses);

    private static bool HasDeviations(JsonObject attributes) => attributes.ContainsKey(Deviations);

    private static string TypeOf(string name, bool deviations) => deviations && name is ("train_loss" or "query_loss") ? "float16" : "float32";

    private static ZarrArray OpenArray(string node, int[] lengths, int[] chunk, string[] dimensions, string type)
    {
        var array = ZarrArray.Open(node, dimensions, type);
        var found = ZarrMetadata.ReadArray(node, dimensions, type);

        // A longer draw or step axis than train_loss has is an extension that a crash cut short.
        var fits = found.Chunk.SequenceEqual(chunk) && lengths.Zip(found.Shape).All(pair => pair.First <= pair.Second)
            && lengths[0] == found.Shape[0] && lengths[^1] <= found.Shape[^1] && (lengths.Length < 3 || lengths[2] == found.Shape[2]);
        return fits
            ? array
            : throw new InputException(
                $"{node} has the shape [{string.Join(", ", found.Shape)}] where the rest of the trace needs [{string.Join(", ", lengths)}]: "
                + "the trace is damaged; sample again.");
    }

    private static int Number(JsonObject attributes, string key)
        => attributes[key] is JsonValue value && value.TryGetValue<int>(out var number) ? number : -1;
}
