using Bif.Engine.Arrays;
using Bif.Engine.Attribution;

namespace Bif.Engine.Runs;

/// <summary>Chooses the items whose tokens are worth tracing: those most related to the queries in an earlier run of items.</summary>
public static class TokenSelection
{
    /// <summary>Of every query the items with the largest correlations and as many with the smallest, all queries together, rising.</summary>
    /// <param name="run">A finished run of the same data and queries.</param>
    /// <param name="top">Items on each side per query.</param>
    /// <exception cref="InputException">There is no such run, or it has no scores yet.</exception>
    public static IReadOnlyList<int> From(string run, int top)
    {
        var directory = RunDirectory.Open(run);
        var record = directory.ReadRecord();
        directory.RequireScores(record);
        var chosen = new SortedSet<int>();
        for (var query = 0; query < record.Queries.Count; query++)
        {
            var row = NpyFile.ReadRow<float>(ScoreFiles.PathOf(directory.Scores, ScoreFiles.Correlation), query);
            chosen.UnionWith(Ranking.Largest(row, top).Concat(Ranking.Smallest(row, top)).Select(entry => entry.Item));
        }

        return [.. chosen];
    }
}
