using System.Text.Json.Nodes;
using Bif.Engine.Data;
using Bif.Engine.Sampling;
using Bif.Engine.Traces;
using static TorchSharp.torch;

namespace Bif.Engine.Runs;

/// <summary>The traces of single tokens beside a run's traces of items: which tokens, how much room they take, where they lie.</summary>
internal sealed class TokenTracing : IDisposable
{
    private readonly RunSpec _spec;
    private readonly TextItems _queries;
    private readonly Dataset? _picked;

    /// <summary>Prepares the tokens of all training items, or of those that the spec names.</summary>
    /// <param name="spec">The run's spec.</param>
    /// <param name="data">The training items.</param>
    /// <param name="train">Their feed, used where all are traced.</param>
    /// <param name="queries">The queries.</param>
    /// <param name="device">Where losses are evaluated.</param>
    /// <exception cref="InputException">The items are no texts, or one that is named is not there.</exception>
    public TokenTracing(RunSpec spec, Dataset data, DataFeed train, Dataset queries, Device device)
    {
        _spec = spec;
        _queries = queries.Text ?? throw new InputException($"--per-token needs a language model and text: {spec.Model} has no tokens.");
        if (spec.TokenItems.Count > 0)
        {
            var beyond = spec.TokenItems.FirstOrDefault(item => item < 0 || item >= data.Count, -1);
            _picked = beyond < 0 && !spec.TokenItems.Contains(-1)
                ? data.PickTexts(spec.TokenItems)
                : throw new InputException($"There is no training item {beyond} to trace the tokens of: items are 0 to {data.Count - 1}.");
        }

        Text = _picked?.Text ?? data.Text!;
        Feed = _picked is null ? train : new DataFeed(_picked, null, device);
    }

    /// <summary>The training texts whose tokens are traced.</summary>
    public TextItems Text { get; }

    /// <summary>The same on the device.</summary>
    public DataFeed Feed { get; }

    /// <summary>Losses of tokens per draw.</summary>
    public long LossesPerDraw => (long)Text.PredictedCount + _queries.PredictedCount;

    private TokenTable TrainTable => TokenTable.Of(Text, _picked is null ? null : _spec.TokenItems);

    private bool IsHalf => _spec.TokenPrecision == "float16";

    /// <summary>Where chains write; null before <see cref="Create"/> or <see cref="Open"/>.</summary>
    public TokenTarget? Target { get; private set; }

    /// <summary>Refuses what is more than the spec allows or the disk has; returns what the traces will take, in words.</summary>
    /// <exception cref="InputException">Says how much is needed and what to change.</exception>
    public string Require(string directory, SamplerSettings settings)
    {
        var bytes = (IsHalf ? 2L : 4L) * settings.Chains * settings.Draws * LossesPerDraw;
        var gigabytes = bytes / (double)(1 << 30);
        if (gigabytes > _spec.TokenStorageGiB)
        {
            throw new InputException(
                $"--per-token would write {gigabytes:F1} GiB of token traces, more than --token-storage {_spec.TokenStorageGiB:G3}: lower --draws or --context, trace the tokens of fewer items (--token-from), {(IsHalf ? "" : "halve them with --token-precision float16, ")}or raise it.");
        }

        DiskSpace.Require(directory, bytes, "The token traces of --per-token", "lower --draws or --context");
        return $"traces of {Text.PredictedCount:N0} training and {_queries.PredictedCount:N0} query tokens will take {bytes / (double)(1 << 20):N0} MiB"
            + (IsHalf ? ", as float16: each deviation from the loss at the checkpoint is rounded by at most 1/2,048 of itself" : "");
    }

    /// <summary>Creates the store, with the losses at the checkpoint, and writes the tables of tokens.</summary>
    /// <param name="directory">The run.</param>
    /// <param name="items">The shape of the items' traces.</param>
    /// <param name="id">The run's identity.</param>
    /// <param name="losses">Evaluates the tokens' losses at the checkpoint, of the training texts or of the queries.</param>
    public void Create(RunDirectory directory, TraceShape items, string id, Func<DataFeed?, float[]> losses)
    {
        TrainTable.Write(directory.TrainTokens);
        TokenTable.Of(_queries).Write(directory.QueryTokens);
        var shape = TraceShape.ChooseBlocks(items.Chains, items.Draws, Text.PredictedCount, _queries.PredictedCount) with { DrawsPerBlock = items.DrawsPerBlock };
        var store = TraceStore.Create(directory.TokenTraces, shape, new JsonObject { ["run_id"] = id, ["items_are"] = "tokens, see items/train_tokens.npy" }, IsHalf);
        store.WriteInitial(losses(Feed), losses(null));
        Target = new TokenTarget(store, Feed);
    }

    /// <summary>Opens the store of an earlier run of the same spec, with room for as many draws as its items have; writes tables that it lost.</summary>
    public void Open(RunDirectory directory, int draws)
    {
        if (!TokenTable.IsWhole(directory.TrainTokens))
        {
            TrainTable.Write(directory.TrainTokens);
        }

        if (!TokenTable.IsWhole(directory.QueryTokens))
        {
            TokenTable.Of(_queries).Write(directory.QueryTokens);
        }

        var store = TraceStore.Open(directory.TokenTraces);
        Target = new TokenTarget(store.Shape.Draws < draws ? store.Extend(draws) : store, Feed);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_picked is not null)
        {
            Feed.Dispose();
            _picked.Dispose();
        }
    }
}
