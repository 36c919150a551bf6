using Bif.Engine.Attribution;
using Bif.Engine.FirstOrder;
using Bif.Engine.Traces;

namespace Bif.Engine.Runs;

/// <content>Whether a run still has what it recorded, and how to mend it where it has not.</content>
public sealed partial class RunDirectory
{
    /// <summary>Opens the losses of the run's items.</summary>
    /// <exception cref="InputException">They are missing or damaged, or a finished run lacks draws that it recorded.</exception>
    public TraceStore OpenTraces() => Whole(TraceStore.Open(Traces));

    /// <summary>Opens the losses of the run's tokens.</summary>
    /// <exception cref="InputException">They are missing or damaged, or a finished run lacks draws that it recorded.</exception>
    public TraceStore OpenTokenTraces() => Whole(TraceStore.Open(TokenTraces));

    /// <summary>Refuses a run without whole score files, and says how to get them.</summary>
    /// <exception cref="InputException">There are none yet, or they are damaged or of another shape.</exception>
    public void RequireScores(RunRecord record)
    {
        if (!File.Exists(ScoreFiles.PathOf(Scores, ScoreFiles.Correlation)))
        {
            throw new InputException($"{Root} has no scores yet (it is {record.State}): continue it with attribute --resume and the options of its start.");
        }

        if (ScoreFiles.FaultOf(Scores, record.Queries.Count, record.Data.Count) is { } fault)
        {
            throw new InputException(
                $"{fault} is missing, damaged, or not of {record.Queries.Count:N0} queries and {record.Data.Count:N0} items as the run is: "
                + Mend(record, "make the scores again with attribute --resume and the options of its start") + ".");
        }
    }

    /// <summary>Reads the table of the training items.</summary>
    /// <exception cref="InputException">It is missing or damaged.</exception>
    public ItemTable ReadTrainItems(RunRecord record) => ReadItems(TrainItems, record.Data.Count, record);

    /// <summary>Reads the table of the queries.</summary>
    /// <exception cref="InputException">It is missing or damaged.</exception>
    public ItemTable ReadQueryItems(RunRecord record) => ReadItems(QueryItems, record.Queries.Count, record);

    /// <summary>Whether the scores, the tables of items, and the traces unless they were removed, are what the record of a finished run states.</summary>
    internal bool IsWhole(RunRecord record)
        => ScoreFiles.FaultOf(Scores, record.Queries.Count, record.Data.Count) is null
            && ItemTable.IsWhole(TrainItems, record.Data.Count) && ItemTable.IsWhole(QueryItems, record.Queries.Count)
            && (!Directory.Exists(Traces) || (FirstShort(TraceStore.Open(Traces), record) is null && (!record.Settings.FirstOrderControl || HasFirstOrder(record))))
            && (!Directory.Exists(TokenTraces) || (FirstShort(TraceStore.Open(TokenTraces), record) is null && TokenTable.IsWhole(TrainTokens) && TokenTable.IsWhole(QueryTokens)));

    /// <summary>Refuses a finished run whose scores had the noise of first-order parts taken out, and that has lost these since.</summary>
    /// <exception cref="InputException">They are missing or not whole.</exception>
    internal void RequireFirstOrder()
    {
        var record = ReadRecord();
        var expected = record.State == "finished" && (record.AddedBy is null ? record.Settings.FirstOrderControl : new FirstOrderFiles(FirstOrder).HasCovariance);
        if (expected && !HasFirstOrder(record))
        {
            throw new InputException(
                $"{FirstOrder} lacks parts that this finished run recorded: {Mend(record, "delete it and make it again with attribute --resume and the options of its start")}.");
        }
    }

    private bool HasFirstOrder(RunRecord record)
        => new FirstOrderFiles(FirstOrder) is { HasCovariance: true } files && Directory.Exists(files.Traces) && FirstShort(TraceStore.Open(files.Traces), record) is null;

    private ItemTable ReadItems(string file, int count, RunRecord record)
    {
        try
        {
            return ItemTable.Read(file, count);
        }
        catch (InputException error)
        {
            throw new InputException(
                $"{file} is missing, damaged, or does not list the run's {count:N0} items: {Mend(record, "write it again with attribute --resume and the options of its start")}.", error);
        }
    }

    private TraceStore Whole(TraceStore store)
    {
        var record = ReadRecord();
        if (record.State != "finished")
        {
            return store;
        }

        if (!store.HasInitial)
        {
            throw new InputException($"{store.Directory} has lost the losses at the checkpoint: restore the run from a copy, or run anew.");
        }

        return FirstShort(store, record) is { } chain
            ? throw new InputException(
                $"{store.Directory} holds {WholeDraws(store, chain):N0} whole draws of chain {chain} where this finished run recorded {Recorded(store, record):N0}: "
                + Mend(record, $"delete {StateFile(chain)} and draw the chain again with attribute --resume and the options of its start") + ".")
            : store;
    }

    // The first chain that lacks draws. Queries that were added may have been read at some of the run's draws only.
    private static int? FirstShort(TraceStore store, RunRecord record)
        => Enumerable.Range(0, record.Settings.Chains).Where(chain => WholeDraws(store, chain) != Recorded(store, record)).Select(chain => (int?)chain).FirstOrDefault();

    private static int Recorded(TraceStore store, RunRecord record) => record.AddedBy is null ? record.Settings.Draws : store.Shape.Draws;

    private static int WholeDraws(TraceStore store, int chain) => chain < store.Shape.Chains ? store.CompleteDraws(chain) : 0;

    private string StateFile(int chain) => Path.Combine(Chains, $"chain-{chain:D3}.safetensors");

    // Added queries are made again as a whole, which is cheap; a run is mended in part.
    private string Mend(RunRecord record, string ofRun)
        => record.AddedBy is null ? ofRun : $"delete {Root} and add its queries again with bif query";
}
