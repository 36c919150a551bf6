using System.Text.Json;
using Bif.Data;
using Bif.Data.Entities;
using Bif.Data.Storage;
using Bif.Engine.Runs;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Caching.Memory;

namespace Bif.Web.Browsing;

/// <summary>What a prepared run is about, parsed: it changes no more except for its verdict.</summary>
/// <param name="Id">The run.</param>
/// <param name="Name">What people call it.</param>
/// <param name="IsFinal">Whether the scores are the run's last.</param>
/// <param name="Record">The engine's record.</param>
/// <param name="Train">Labels and names of the training items.</param>
/// <param name="Queries">Labels and names of the queries.</param>
/// <param name="ScoreDraws">Draws behind the stored scores; 0: none yet.</param>
/// <param name="NoiseFloor">The correlation that chance reaches in the best item.</param>
public sealed record RunContents(
    Guid Id, string Name, bool IsFinal, RunRecord Record, ItemTable Train, ItemTable Queries, int ScoreDraws, double? NoiseFloor);

/// <summary>Reads what a run is about, and its scores; the parsed tables are kept for a while.</summary>
public sealed class RunLibrary(IDbContextFactory<BifContext> contexts, IMemoryCache cache)
{
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(10);

    /// <summary>A run, or null if there is none or it is not prepared.</summary>
    public async Task<RunContents?> Find(Guid id, CancellationToken cancellation = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        var head = await context.Runs.Where(run => run.Id == id)
            .Select(run => new { run.Name, run.State, run.ScoreDraws, run.NoiseFloor, run.FinishedAt, IsPrepared = run.TrainItems != null }).SingleOrDefaultAsync(cancellation);
        if (head is not { IsPrepared: true })
        {
            return null;
        }

        var (record, train, queries) = await cache.GetOrCreateAsync((id, head.FinishedAt), async entry =>
        {
            entry.SlidingExpiration = Kept;
            var row = await context.Runs.Where(run => run.Id == id).Select(run => new { run.Record, run.TrainItems, run.QueryItems }).SingleAsync(cancellation);
            return (Parse<RunRecord>(row.Record), Parse<ItemTable>(row.TrainItems), Parse<ItemTable>(row.QueryItems));
        });
        return new(id, head.Name, head.State == RunState.Finished, record, train, queries, head.ScoreDraws, head.NoiseFloor);
    }

    /// <summary>The score vectors of a query, or null while there are none.</summary>
    public async Task<ScoreVectors?> Scores(Guid id, int query, CancellationToken cancellation = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        var row = await context.Scores.AsNoTracking().SingleOrDefaultAsync(scores => scores.RunId == id && scores.Query == query, cancellation);
        return row is null
            ? null
            : new(Floats.FromBytes(row.Correlation), Floats.FromBytes(row.CorrelationError), Floats.FromBytes(row.Bif), Floats.FromBytes(row.BifError));
    }

    private static T Parse<T>(string? json) => JsonSerializer.Deserialize<T>(json!, RunRecord.Json)!;
}
