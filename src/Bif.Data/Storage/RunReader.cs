using System.Text.Json;
using Bif.Data.Entities;
using Microsoft.EntityFrameworkCore;

namespace Bif.Data.Storage;

/// <summary>Reads runs for people.</summary>
public sealed class RunReader(IDbContextFactory<BifContext> contexts)
{
    /// <summary>A run, or null.</summary>
    public async Task<RunStatus?> Find(Guid id, CancellationToken cancellation = default)
        => (await Read(runs => runs.Where(run => run.Id == id), cancellation)).SingleOrDefault();

    /// <summary>The newest runs.</summary>
    public async Task<IReadOnlyList<RunStatus>> Recent(int count, CancellationToken cancellation = default)
        => await Read(runs => runs.OrderByDescending(run => run.CreatedAt).Take(count), cancellation);

    /// <summary>Mean training loss in nats of each draw, by chain.</summary>
    public async Task<IReadOnlyList<float[]>> Losses(Guid id, CancellationToken cancellation = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        var bytes = await context.Chains.Where(chain => chain.RunId == id).OrderBy(chain => chain.Index).Select(chain => chain.Losses).ToListAsync(cancellation);
        return [.. bytes.Select(Floats.FromBytes)];
    }

    private async Task<IReadOnlyList<RunStatus>> Read(Func<IQueryable<Run>, IQueryable<Run>> choose, CancellationToken cancellation)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        var rows = await choose(context.Runs).Select(run => new
        {
            run.Id, run.Name, run.IsDemo, run.State, run.CancelRequested, run.Message, run.Error, run.Fraction, run.CreatedAt, run.StartedAt, run.FinishedAt,
            run.ScoreDraws, run.NoiseFloor, run.Record,
            Waiting = context.Runs.Count(other => other.State == RunState.Queued && (other.Priority > run.Priority || (other.Priority == run.Priority && other.CreatedAt < run.CreatedAt))),
            Chains = run.Chains.OrderBy(chain => chain.Index)
                .Select(chain => new { chain.Index, chain.State, chain.Draws, chain.TotalDraws, chain.Loss, chain.DrawsPerSecond, chain.UpdatedAt }).ToList(),
        }).ToListAsync(cancellation);
        return [.. rows.Select(run =>
        {
            var chains = run.Chains.Select(chain => new ChainStatus(
                chain.Index, chain.State, chain.Draws, chain.TotalDraws, double.IsFinite(chain.Loss) ? chain.Loss : null, chain.DrawsPerSecond,
                chain.State == ChainState.Running && chain.DrawsPerSecond > 0 ? (chain.TotalDraws - chain.Draws) / chain.DrawsPerSecond : null,
                chain.UpdatedAt)).ToList();
            var total = chains.Sum(chain => chain.TotalDraws);
            return new RunStatus(
                run.Id, run.Name, run.IsDemo, run.State, run.CancelRequested, run.Message, run.Error,
                run.State == RunState.Sampling && total > 0 ? (double)chains.Sum(chain => chain.Draws) / total : run.Fraction,
                run.CreatedAt, run.StartedAt, run.FinishedAt, run.ScoreDraws, run.NoiseFloor,
                run.State == RunState.Queued ? run.Waiting : null, chains,
                run.Record is { } record ? JsonElement.Parse(record) : null);
        })];
    }
}
