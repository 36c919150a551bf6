using System.Text.Json;
using Bif.Data;
using Bif.Data.Entities;
using Bif.Data.Storage;
using Bif.Engine.Runs;
using Microsoft.EntityFrameworkCore;

namespace Bif.Web.Tasks;

/// <summary>Reads tasks and the scores of comparison methods.</summary>
public sealed class TaskLibrary(IDbContextFactory<BifContext> contexts)
{
    /// <summary>A run's tasks, newest first.</summary>
    public async Task<IReadOnlyList<RunTaskStatus>> Of(Guid run, CancellationToken cancellation = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        return [.. (await context.Tasks.AsNoTracking().Where(task => task.RunId == run).OrderByDescending(task => task.Task).ToListAsync(cancellation)).Select(Status)];
    }

    /// <summary>One task, or null.</summary>
    public async Task<RunTaskStatus?> Find(Guid run, int task, CancellationToken cancellation = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        return await context.Tasks.AsNoTracking().SingleOrDefaultAsync(each => each.RunId == run && each.Task == task, cancellation) is { } row ? Status(row) : null;
    }

    /// <summary>The newest tasks of all runs, with the runs' names.</summary>
    public async Task<IReadOnlyList<(string RunName, RunTaskStatus Task)>> Recent(int count, CancellationToken cancellation = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        var rows = await context.Tasks.AsNoTracking().OrderByDescending(task => task.CreatedAt).Take(count)
            .Join(context.Runs, task => task.RunId, run => run.Id, (task, run) => new { task, run.Name }).ToListAsync(cancellation);
        return [.. rows.Select(row => (row.Name, Status(row.task)))];
    }

    /// <summary>The methods whose scores a run has.</summary>
    public async Task<IReadOnlyList<string>> Methods(Guid run, CancellationToken cancellation = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        return await context.MethodScores.Where(scores => scores.RunId == run).Select(scores => scores.Method).Distinct().OrderBy(method => method).ToListAsync(cancellation);
    }

    /// <summary>A method's scores for a query over the training items, negative = helpful; null where there are none.</summary>
    public async Task<float[]?> Scores(Guid run, string method, int query, CancellationToken cancellation = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        return await context.MethodScores.Where(scores => scores.RunId == run && scores.Method == method && scores.Query == query)
            .Select(scores => scores.Scores).SingleOrDefaultAsync(cancellation) is { } bytes ? Floats.FromBytes(bytes) : null;
    }

    /// <summary>The number of a task of this kind and input that waits or runs, or null.</summary>
    public async Task<int?> Waiting(Guid run, string kind, string input, CancellationToken cancellation = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        var active = await context.Tasks.Where(task => task.RunId == run && task.Kind == kind && (task.State == "queued" || task.State == "running"))
            .Select(task => new { task.Task, task.Input }).ToListAsync(cancellation);
        return active.FirstOrDefault(task => JsonElement.DeepEquals(JsonSerializer.Deserialize<JsonElement>(task.Input), JsonSerializer.Deserialize<JsonElement>(input)))?.Task;
    }

    private static RunTaskStatus Status(RunTask row) => new(
        row.RunId, row.Task, row.Kind, TitleOf(row), row.State, row.Message, row.Error, row.Fraction, row.CancelRequested, row.CreatedAt, row.FinishedAt,
        row.Result is { } result ? JsonSerializer.Deserialize<JsonElement>(result) : null);

    private static string TitleOf(RunTask row) => row.Kind switch
    {
        RunTask.Comparison => $"compare with {JsonSerializer.Deserialize<ComparisonInput>(row.Input, RunRecord.Json)!.Method}",
        RunTask.Removal => $"retrain without {JsonSerializer.Deserialize<RemovalInput>(row.Input, RunRecord.Json)!.What}",
        RunTask.Response when JsonSerializer.Deserialize<ResponseInput>(row.Input, RunRecord.Json)! is var input => $"take the noise out of {input.What} of query {input.Query}",
        _ => "measure how well the scores predict retraining",
    };
}
