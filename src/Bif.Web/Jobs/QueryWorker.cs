using System.Diagnostics;
using Bif.Data;
using Bif.Data.Storage;
using Bif.Engine;
using Bif.Engine.Runs;
using Bif.Engine.Traces;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Bif.Web.Jobs;

/// <summary>
/// Answers queries added to finished runs, at the runs' own draws. Doing one again after a lost worker goes on where it stood;
/// bad input fails the query, never the run.
/// </summary>
public sealed class QueryWorker(RunTables tables, IDbContextFactory<BifContext> contexts, NpgsqlDataSource source)
{
    /// <summary>Answers one.</summary>
    /// <param name="run">The run.</param>
    /// <param name="query">Its index among the run's queries.</param>
    /// <param name="cancellation">This process stops: the query is handed back after a block of draws.</param>
    public async Task Answer(Guid run, int query, CancellationToken cancellation)
    {
        await using var context = await contexts.CreateDbContextAsync(CancellationToken.None);
        var found = await context.AddedQueries.Where(each => each.RunId == run && each.Query == query)
            .Join(context.Runs, each => each.RunId, each => each.Id, (added, row) => new { added.DataPath, row.Directory }).SingleOrDefaultAsync(CancellationToken.None);
        if (found is null || !await tables.MoveQuery(run, query, "running", "reading model and picture"))
        {
            return;
        }

        var clock = Stopwatch.StartNew();
        try
        {
            var reporter = new Reporter(tables, run, query);
            var result = await RunWorker.OnThread(() => QueryAddition.Execute(found.Directory, found.DataPath, reporter, cancellation));
            cancellation.ThrowIfCancellationRequested();
            var place = new RunDirectory(result.Directory);
            var store = TraceStore.Open(place.Traces);
            await ScoreWriter.Put(
                source, run, query, Enumerable.Range(0, store.Shape.Chains).Sum(store.CompleteDraws), RunWorker.Vectors(place.Scores, 0), CancellationToken.None);
            await tables.MoveQuery(
                run, query, "finished", result.KeptError is > 0 ? $"kept draws are rounded: losses differ by {result.KeptError:P1} of their spread" : null, null, result.Way, clock.Elapsed.TotalSeconds);
        }
        catch (Exception error) when (error is not OperationCanceledException && !DatabaseOutage.Is(error))
        {
            await tables.MoveQuery(run, query, "failed", error is InputException ? error.Message : $"An error in the program ended it ({error.GetType().Name}: {error.Message}).");
        }
    }

    // Twice a second is enough for the eye, and the engine reports every block of draws.
    private sealed class Reporter(RunTables tables, Guid run, int query) : IProgress<RunProgress>
    {
        private readonly Stopwatch _since = Stopwatch.StartNew();
        private readonly Lock _gate = new();
        private readonly Dictionary<int, double> _chains = [];

        public void Report(RunProgress value)
        {
            lock (_gate)
            {
                if (value.Chain is { } chain)
                {
                    _chains[chain.Chain] = (double)chain.Draw / chain.Draws;
                }

                if (_since.ElapsedMilliseconds < 500 && value.Message is null)
                {
                    return;
                }

                _since.Restart();
                try
                {
                    tables.MoveQuery(run, query, "running", value.Message ?? "evaluating the query at the run's draws", _chains.Count > 0 ? _chains.Values.Min() : null).GetAwaiter().GetResult();
                }
                catch (NpgsqlException)
                {
                    // What is said is for the eye only: the next report says it again.
                }
            }
        }
    }
}
