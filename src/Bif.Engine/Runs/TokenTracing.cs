using System.Text.Json.Nodes;
using Bif.Engine.Data;
using Bif.Engine.Traces;

namespace Bif.Engine.Runs;

/// <summary>Room for the traces of single tokens beside a run's traces of items.</summary>
internal static class TokenTracing
{
    /// <summary>What the traces will take on disk, bytes.</summary>
    public static long Bytes(int chains, int draws, TextItems train, TextItems queries)
        => sizeof(float) * (long)chains * draws * ((long)train.PredictedCount + queries.PredictedCount);

    /// <summary>Refuses what is more than the spec allows or the disk has.</summary>
    /// <exception cref="InputException">Says how much is needed and what to change.</exception>
    public static void Require(RunSpec spec, string directory, long bytes)
    {
        var gigabytes = bytes / (double)(1 << 30);
        if (gigabytes > spec.TokenStorageGiB)
        {
            throw new InputException(
                $"--per-token would write {gigabytes:F1} GiB of token traces, more than --token-storage {spec.TokenStorageGiB:G3}: lower --draws or --context, take fewer items, or raise it.");
        }

        var root = Path.GetPathRoot(Path.GetFullPath(directory))!;
        var drive = DriveInfo.GetDrives().Where(each => Path.GetFullPath(directory).StartsWith(each.Name, StringComparison.Ordinal))
            .MaxBy(each => each.Name.Length) ?? new DriveInfo(root);
        if (drive.AvailableFreeSpace < bytes)
        {
            throw new InputException(
                $"--per-token would write {gigabytes:F1} GiB of token traces, but {drive.Name} has {drive.AvailableFreeSpace / (double)(1 << 30):F1} GiB free: lower --draws or --context, or write elsewhere.");
        }
    }

    /// <summary>Creates the store and writes the tables of tokens.</summary>
    public static TraceStore Create(RunDirectory directory, TraceShape items, TextItems train, TextItems queries, string id)
    {
        TokenTable.Of(train).Write(directory.TrainTokens);
        TokenTable.Of(queries).Write(directory.QueryTokens);
        var shape = TraceShape.ChooseBlocks(items.Chains, items.Draws, train.PredictedCount, queries.PredictedCount) with { DrawsPerBlock = items.DrawsPerBlock };
        return TraceStore.Create(directory.TokenTraces, shape, new JsonObject { ["run_id"] = id, ["items_are"] = "tokens, see items/train_tokens.npy" });
    }

    /// <summary>Opens the store of an earlier run, with room for as many draws as its items have; null where it has none.</summary>
    public static TraceStore? Open(RunDirectory directory, int draws)
    {
        if (!Directory.Exists(directory.TokenTraces))
        {
            return null;
        }

        var store = TraceStore.Open(directory.TokenTraces);
        return store.Shape.Draws < draws ? store.Extend(draws) : store;
    }
}
