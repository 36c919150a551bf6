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
            .Join(context.Runs, each => each.RunId, each => each.Id, (added, row) => new { added.DataPath, row.Directory, Chains = row.Chains.Count }).SingleOrDefaultAsync(CancellationToken.None);
        if (found is null)
        {
            return;
        }

        if (!await tables.MoveQuery(run, query, "running", "reading model and query"))
        {
            // One that was to be stopped when its worker was lost ends here; one that has ended stays as it is.
            await tables.MoveQuery(run, query, "cancelled");
            return;
        }

        var clock = Stopwatch.StartNew();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            var reporter = new Reporter(tables, run, query, found.Chains, stop);
            var result = await RunWorker.OnThread(() => QueryAddition.Execute(found.Directory, found.DataPath, reporter, stop.Token));
            stop.Token.ThrowIfCancellationRequested();
            var place = new RunDirectory(result.Directory);
            var store = TraceStore.Open(place.Traces);
            await ScoreWriter.Put(
                source, run, query, Enumerable.Range(0, store.Shape.Chains).Sum(store.CompleteDraws), RunWorker.Vectors(place.Scores, 0), CancellationToken.None);
            await tables.MoveQuery(
                run, query, "finished", result.KeptError is > 0 ? $"kept draws are rounded: losses differ by {result.KeptError:P1} of their spread" : null, null, result.Way, clock.Elapsed.TotalSeconds);
        }
        catch (Exception error) when (stop.IsCancellationRequested && !DatabaseOutage.Is(error))
        {
            cancellation.ThrowIfCancellationRequested();
            await tables.MoveQuery(run, query, "cancelled");
        }
        catch (Exception error) when (!DatabaseOutage.Is(error))
        {
            await tables.MoveQuery(run, query, "failed", error is InputException ? error.Message : $"An error in the program ended it ({error.GetType().Name}: {error.Message}).");
        }
    }

    // Twice a second is enough for the eye, and the engine reports every block of draws. The share is that of the present stage.
    private sealed class Reporter(RunTables tables, Guid run, int query, int chains, CancellationTokenSource stop) : IProgress<RunProgress>
    {
        private readonly Stopwatch _since = Stopwatch.StartNew();
        private readonly Lock _gate = new();
        private readonly Dictionary<int, double> _chains = [];
        private string _said = "";
        private double? _share;

        public void Report(RunProgress value)
        {
            lock (_gate)
            {
                if (value.Chain is { } chain)
                {
                    _chains[chain.Chain] = (double)chain.Draw / chain.Draws;
                    (_said, _share) = ("evaluating the query at the run's draws", _chains.Values.Sum() / chains);
                }
                else
                {
                    (_said, _share) = (value.Message ?? _said, value.Fraction);
                }

                if (_since.ElapsedMilliseconds >= 500 || value.Message is not null)
                {
                    _since.Restart();
                    Tell();
                }
            }
        }

        private void Tell()
        {
            try
            {
                if (!tables.MoveQuery(run, query, "running", _said, _share).GetAwaiter().GetResult())
                {
                    stop.Cancel();
                }
            }
            catch (NpgsqlException)
            {
                // What is said is for the eye only: the next report says it again.
            }
        }
    }
}
