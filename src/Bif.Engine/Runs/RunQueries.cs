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

    /// <summary>How many queries come before those of a folder, which counts as finished itself.</summary>
    public static int CountBefore(RunDirectory run, RunDirectory folder)
        => FoldersOf(run).TakeWhile(each => each.Root == run.Root || string.CompareOrdinal(each.Root, folder.Root) < 0).Sum(each => each.ReadRecord().Queries.Count);

    /// <summary>A folder for further queries, behind all that there are.</summary>
    public static RunDirectory NextAddition(RunDirectory run)
    {
        var last = Directory.Exists(run.Additions)
            ? Directory.EnumerateDirectories(run.Additions).Select(path => int.TryParse(Path.GetFileName(path), out var number) ? number : -1).DefaultIfEmpty(-1).Max() : -1;
        return new RunDirectory(Path.Combine(run.Additions, $"{last + 1:D3}"));
    }

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
