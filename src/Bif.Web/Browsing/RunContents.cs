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
/// <param name="Added">Queries added since, in the order of their indices.</param>
public sealed record RunContents(
    Guid Id, string Name, bool IsFinal, RunRecord Record, ItemTable Train, ItemTable Queries, int ScoreDraws, double? NoiseFloor, IReadOnlyList<AddedQueryStatus> Added)
{
    /// <summary>Whether items are texts.</summary>
    public bool IsText => Train.Text is not null;

    /// <summary>Whether the losses of single tokens were traced.</summary>
    public bool HasTokens => Record.Spec.PerToken;

    /// <summary>Number of queries, added ones included.</summary>
    public int QueryCount => Record.Queries.Count + Added.Count;

    /// <summary>An added query by its index, or null for one of the run's own.</summary>
    public AddedQueryStatus? AddedAt(int query) => query >= Record.Queries.Count ? Added.FirstOrDefault(each => each.Query == query) : null;

    /// <summary>A query's class or target, in words.</summary>
    public string DescribeQuery(int query) => query < Record.Queries.Count ? Queries.Describe(query) : AddedAt(query)?.Description ?? $"query {query}";

    /// <summary>A query's class, or null.</summary>
    public int? LabelOfQuery(int query) => query < Record.Queries.Count ? Queries.Labels?[query] : AddedAt(query)?.Label;
}

/// <summary>An added query as people see it.</summary>
/// <param name="Query">Its index.</param>
/// <param name="State">queued, running, finished, failed or cancelled.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Label">Class, or null.</param>
/// <param name="Description">The class or target in words.</param>
/// <param name="Way">kept, regenerated or replayed, once known.</param>
/// <param name="Message">What is being done, or why it failed.</param>
/// <param name="Fraction">Progress, 0 to 1.</param>
/// <param name="Seconds">What it took.</param>
/// <param name="CancelRequested">Whether it was asked to stop.</param>
public sealed record AddedQueryStatus(
    int Query, string State, string Source, int? Label, string Description, string? Way, string? Message, double? Fraction, double? Seconds, bool CancelRequested);

/// <summary>Reads what a run is about, and its scores; the parsed tables are kept for a while.</summary>
public sealed class RunLibrary(IDbContextFactory<BifContext> contexts, IMemoryCache cache)
{
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(10);

    /// <summary>A run, or null if there is none or it is not prepared.</summary>
    public async Task<RunContents?> Find(Guid id, CancellationToken cancellation = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        var head = await context.Runs.Where(run => run.Id == id)
            .Select(run => new { run.Name, run.State, run.ScoreDraws, run.NoiseFloor, run.StartedAt, run.FinishedAt, IsPrepared = run.TrainItems != null }).SingleOrDefaultAsync(cancellation);
        if (head is not { IsPrepared: true })
        {
            return null;
        }

        var (record, train, queries) = await cache.GetOrCreateAsync((id, head.StartedAt, head.FinishedAt), async entry =>
        {
            entry.SlidingExpiration = Kept;
            var row = await context.Runs.Where(run => run.Id == id).Select(run => new { run.Record, run.TrainItems, run.QueryItems }).SingleAsync(cancellation);
            return (Parse<RunRecord>(row.Record), Parse<ItemTable>(row.TrainItems), Parse<ItemTable>(row.QueryItems));
        });
        var added = await context.AddedQueries.Where(query => query.RunId == id).OrderBy(query => query.Query)
            .Select(query => new AddedQueryStatus(query.Query, query.State, query.Source, query.Label, query.Description, query.Way, query.Message, query.Fraction, query.Seconds, query.CancelRequested))
            .ToListAsync(cancellation);
        return new(id, head.Name, head.State == RunState.Finished, record, train, queries, head.ScoreDraws, head.NoiseFloor, added);
    }

    /// <summary>A run that must be there.</summary>
    /// <exception cref="MissingException">There is none, or it is not prepared.</exception>
    public async Task<RunContents> Get(Guid id, CancellationToken cancellation = default)
    {
        if (await Find(id, cancellation) is { } run)
        {
            return run;
        }

        await using var context = await contexts.CreateDbContextAsync(cancellation);
        throw await context.Runs.AnyAsync(run => run.Id == id, cancellation) ? MissingException.Contents(id) : MissingException.Run(id);
    }

    /// <summary>Where a run's directory lies.</summary>
    public async Task<string> Directory(Guid id, CancellationToken cancellation = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        return await context.Runs.Where(run => run.Id == id).Select(run => run.Directory).SingleAsync(cancellation);
    }

    /// <summary>The picture of an added query as PNG, or null.</summary>
    public async Task<byte[]?> AddedPicture(Guid id, int query, CancellationToken cancellation = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        return await context.AddedQueries.Where(each => each.RunId == id && each.Query == query).Select(each => each.Png).SingleOrDefaultAsync(cancellation);
    }

    /// <summary>What is known about each training item by itself: its influence on itself and its loss; null until the run is finished.</summary>
    public async Task<(float[] Variance, float[] Loss)?> Items(Guid id, CancellationToken cancellation = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        var row = await context.Runs.Where(run => run.Id == id).Select(run => new { run.ItemVariance, run.ItemLoss }).SingleOrDefaultAsync(cancellation);
        return row is { ItemVariance: { Length: > 0 } variance, ItemLoss: { } loss } ? (Floats.FromBytes(variance), Floats.FromBytes(loss)) : null;
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
