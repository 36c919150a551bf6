using System.Text.Json;
using Bif.Data;
using Bif.Data.Entities;
using Bif.Data.Storage;
using Bif.Engine.Runs;
using Microsoft.EntityFrameworkCore;
using Quartz;

namespace Bif.Web.Jobs;

/// <summary>
/// Puts parts of runs into the durable queue. Putting a part in twice leaves it there once; runs of a higher priority go first,
/// older ones first within a priority.
/// </summary>
public sealed class RunQueue(ISchedulerFactory schedulers, IDbContextFactory<BifContext> contexts, RunTables tables)
{
    /// <summary>Execution group of parts that any worker does.</summary>
    internal const string CpuGroup = "cpu";

    /// <summary>Execution group of parts for workers with a GPU.</summary>
    internal const string GpuGroup = "cuda";

    private const string Group = "runs";
    private const string Job = "RunJob";

    /// <summary>
    /// Queues a run whose row is there, from the part at which it stands. A demo waits outside the queue until those before
    /// it are prepared: two trainings at once would keep a newcomer from the first ranking.
    /// </summary>
    public async Task Enqueue(Guid run, CancellationToken cancellation = default)
    {
        var row = await Find(run, cancellation);
        if (!row.IsDemo || !await IsDemoAhead(row, cancellation))
        {
            await Add(row, RunJobInput.Prepare, 0, cancellation);
        }
    }

    /// <summary>Queues the demos that wait for no other any more.</summary>
    public async Task EnqueueDemos(CancellationToken cancellation)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        foreach (var run in await context.Runs.Where(run => run.IsDemo && run.State == RunState.Queued).Select(run => run.Id).ToListAsync(cancellation))
        {
            await Enqueue(run, cancellation);
        }
    }

    /// <summary>Queues the chains of a prepared run that are not complete.</summary>
    public async Task EnqueueChains(Guid run, CancellationToken cancellation)
    {
        var row = await Find(run, cancellation);
        foreach (var chain in row.Chains.Where(chain => chain.State == ChainState.Queued).OrderBy(chain => chain.Index))
        {
            await Add(row, RunJobInput.Sample, chain.Index, cancellation);
        }
    }

    /// <summary>Queues the end of a run.</summary>
    public async Task EnqueueFinish(Guid run, CancellationToken cancellation) => await Add(await Find(run, cancellation), RunJobInput.Finish, 0, cancellation);

    /// <summary>Queues an added query; a person waits for it, so it goes before all runs.</summary>
    public async Task EnqueueQuery(Guid run, int query, CancellationToken cancellation)
    {
        var row = await Find(run, cancellation);
        row.Priority = 1000;
        await Add(row, RunJobInput.Query, query, cancellation);
    }

    /// <summary>Queues a task on a finished run; a person waits for it, so it goes before all runs.</summary>
    public async Task EnqueueTask(Guid run, int task, CancellationToken cancellation)
    {
        var row = await Find(run, cancellation);
        row.Priority = 1000;
        await Add(row, RunJobInput.Task, task, cancellation);
    }

    /// <summary>
    /// Stops a run: what is queued is taken out, what runs sees the request with its next block, on whichever machine.
    /// </summary>
    /// <returns>False if nobody works on the run.</returns>
    public async Task<bool> Cancel(Guid run, CancellationToken cancellation)
    {
        if (!await tables.RequestCancel(run))
        {
            return false;
        }

        var scheduler = await schedulers.GetScheduler(cancellation);
        var row = await Find(run, cancellation);
        var parts = row.Chains.Select(chain => (RunJobInput.Sample, chain.Index)).Prepend((RunJobInput.Prepare, 0)).Append((RunJobInput.Finish, 0));
        foreach (var (part, chain) in parts)
        {
            await scheduler.UnscheduleJob(Key(run, part, chain), cancellation);
        }

        // A run that no worker holds would wait for ever: it ends here. One that is held ends when its last part lets go.
        if (row.State == RunState.Queued || (row.State == RunState.Sampling && row.Chains.All(chain => chain.State != ChainState.Running)))
        {
            await tables.Move(run, [RunState.Queued, RunState.Sampling], RunState.Cancelled);
            await EnqueueDemos(cancellation);
        }

        return true;
    }

    /// <summary>Continues a cancelled or failed run from its complete blocks; false if it is neither.</summary>
    public async Task<bool> Resume(Guid run, CancellationToken cancellation)
    {
        if (!await tables.Reopen(run))
        {
            return false;
        }

        await Enqueue(run, cancellation);
        return true;
    }

    /// <summary>Makes the queue's job known; at every start, so that a moved class is repaired.</summary>
    public async Task Declare(CancellationToken cancellation)
    {
        var scheduler = await schedulers.GetScheduler(cancellation);
        await scheduler.AddJob(
            JobBuilder.Create<RunJob>().WithIdentity(Job, Group).StoreDurably().RequestRecovery().Build(), new AddJobOptions { Replace = true }, cancellation);
    }

    private static TriggerKey Key(Guid run, string part, int chain) => new($"{run:N}.{part}.{chain}", Group);

    // The queue goes by fire time, not by priority: the priority is put into the time, which must lie in the past. A part that
    // waits for a free slot is not late.
    private async Task Add(Run run, string part, int chain, CancellationToken cancellation)
    {
        var scheduler = await schedulers.GetScheduler(cancellation);
        var trigger = TriggerBuilder.Create<RunJob>()
            .WithIdentity(Key(run.Id, part, chain))
            .ForJob(Job, Group)
            .StartAt(new DateTimeOffset(run.CreatedAt, TimeSpan.Zero) - TimeSpan.FromDays(11 + run.Priority) + TimeSpan.FromMilliseconds(chain))
            .WithSimpleSchedule(schedule => schedule.WithMisfireInstruction(SimpleTriggerMisfireInstruction.IgnoreMisfires))
            .WithExecutionGroup(JsonSerializer.Deserialize<RunSpec>(run.Spec, RunRecord.Json)!.Device.StartsWith("cuda", StringComparison.Ordinal) ? GpuGroup : CpuGroup)
            .UsingInput(new RunJobInput(run.Id, part, chain))
            .Build();
        await scheduler.ScheduleTrigger(trigger, TriggerConflict.Keep, cancellation);
    }

    private async Task<bool> IsDemoAhead(Run run, CancellationToken cancellation)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        return await context.Runs.AnyAsync(
            other => other.IsDemo && other.Id != run.Id && other.CreatedAt < run.CreatedAt && (other.State == RunState.Queued || other.State == RunState.Preparing), cancellation);
    }

    private async Task<Run> Find(Guid run, CancellationToken cancellation)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        return await context.Runs.AsNoTracking().Include(each => each.Chains).SingleAsync(each => each.Id == run, cancellation);
    }
}
