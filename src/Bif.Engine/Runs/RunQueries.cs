namespace Bif.Engine.Runs;

/// <summary>The queries of a run as one list: those it was asked for, then those added later, in their order.</summary>
public static class RunQueries
{
    /// <summary>The folders of added queries, oldest first.</summary>
    public static IReadOnlyList<RunDirectory> AdditionsOf(RunDirectory run) => Directory.Exists(run.Additions)
        ? [.. Directory.EnumerateDirectories(run.Additions).Order(StringComparer.Ordinal).Select(path => new RunDirectory(path)).Where(each => File.Exists(each.RecordFile))]
        : [];

    /// <summary>The folders that hold a run's queries: the run itself, then the finished additions.</summary>
    public static IReadOnlyList<RunDirectory> FoldersOf(RunDirectory run)
        => [run, .. AdditionsOf(run).Where(each => each.ReadRecord().State == "finished")];

    /// <summary>Finds a query: the folder that holds it, and its index there.</summary>
    /// <exception cref="InputException">There is no such query.</exception>
    public static (RunDirectory Folder, int Index) Find(RunDirectory run, int query)
    {
        var index = query;
        foreach (var folder in FoldersOf(run))
        {
            var count = folder.ReadRecord().Queries.Count;
            if (index < count)
            {
                return (folder, index);
            }

            index -= count;
        }

        throw new InputException($"--query {query} is not there: the run has the queries 0 to {query - index - 1}.");
    }
}
