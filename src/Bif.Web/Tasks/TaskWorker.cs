using System.Text.Json;
using Bif.Data;
using Bif.Data.Entities;
using Bif.Data.Storage;
using Bif.Engine;
using Bif.Engine.Arrays;
using Bif.Engine.Attribution;
using Bif.Engine.Baselines;
using Bif.Engine.Retraining;
using Bif.Engine.Runs;
using Bif.Web.Jobs;
using Microsoft.EntityFrameworkCore;

namespace Bif.Web.Tasks;

/// <summary>Does tasks. Doing one again after a lost worker gives the same; bad input fails the task with its reason, never the run.</summary>
public sealed partial class TaskWorker(TaskTables tables, IDbContextFactory<BifContext> contexts, ILogger<TaskWorker> logger)
{
    private static readonly TimeSpan SignEvery = TimeSpan.FromSeconds(1);

    /// <summary>Does one.</summary>
    /// <param name="run">The run.</param>
    /// <param name="task">Its number among the run's tasks.</param>
    /// <param name="owner">Identity of this firing.</param>
    /// <param name="cancellation">This process stops: the task is handed back.</param>
    public async Task Do(Guid run, int task, string owner, CancellationToken cancellation)
    {
        if (await Claim(run, task, owner, cancellation) is not { } attempt)
        {
            return;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var ended = new CancellationTokenSource();
        var signing = Sign(run, task, owner, stop, ended.Token);
        try
        {
            if (attempt > RunTables.MaximumAttempts)
            {
                throw new InputException($"{RunTables.MaximumAttempts} workers were lost over this: it may need more memory than they have.");
            }

            var result = await Work(run, task, owner, stop.Token);
            stop.Token.ThrowIfCancellationRequested();
            await tables.End(run, task, owner, "finished", result, null);
        }
        catch (OperationCanceledException)
        {
            var isWanted = await tables.IsCancelRequested(run, task);
            await tables.End(run, task, owner, isWanted ? "cancelled" : "queued", null, null);
            cancellation.ThrowIfCancellationRequested();
        }
        catch (Exception error) when (!DatabaseOutage.Is(error))
        {
            LogFailure(error, task, run);
            await tables.End(run, task, owner, "failed", null, error switch
            {
                InputException => error.Message,
                IOException or UnauthorizedAccessException => $"Reading or writing failed ({error.Message.TrimEnd('.')}): free space or mend the folder, then try again.",
                _ => $"An error in the program ended it ({error.GetType().Name}: {error.Message}). The worker's log has the details.",
            });
        }
        finally
        {
            await ended.CancelAsync();
            await signing;
        }
    }

    // A task may be fired twice. One that another firing holds is left to it, and taken over once that gives no sign of life.
    private async Task<int?> Claim(Guid run, int task, string owner, CancellationToken cancellation)
    {
        for (var waited = 0; waited < 2 * RunTables.SilenceSeconds; waited++)
        {
            if (await tables.Claim(run, task, owner) is { } attempt)
            {
                return attempt;
            }

            if (!await tables.IsHeld(run, task))
            {
                return null;
            }

            await Task.Delay(1000, cancellation);
        }

        return null;
    }

    private async Task Sign(Guid run, int task, string owner, CancellationTokenSource stop, CancellationToken ended)
    {
        while (!ended.IsCancellationRequested)
        {
            await Task.WhenAny(Task.Delay(SignEvery, CancellationToken.None), Task.Delay(Timeout.Infinite, ended));
            try
            {
                if (!ended.IsCancellationRequested && !await tables.Sign(run, task, owner))
                {
                    await stop.CancelAsync();
                    return;
                }
            }
            catch (Exception error) when (DatabaseOutage.Is(error))
            {
                // The next second tries again.
                LogOutage(error.Message, task, run);
            }
        }
    }

    private async Task<string> Work(Guid run, int task, string owner, CancellationToken cancellation)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        var row = await context.Tasks.AsNoTracking().Where(each => each.RunId == run && each.Task == task)
            .Join(context.Runs, each => each.RunId, each => each.Id, (each, owning) => new { each.Kind, each.Input, owning.Directory }).SingleAsync(cancellation);
        var place = RunDirectory.Open(row.Directory);
        var said = System.Diagnostics.Stopwatch.StartNew();
        void Say(string message, double? fraction, bool isLast = false)
        {
            // Twice a second is enough for the eye.
            if (said.ElapsedMilliseconds < 500 && !isLast)
            {
                return;
            }

            said.Restart();
            try
            {
                tables.Say(run, task, owner, message, fraction).GetAwaiter().GetResult();
            }
            catch (Exception error) when (DatabaseOutage.Is(error))
            {
                // What is said is for the eye only: the work goes on without it.
                LogOutage(error.Message, task, run);
            }
        }

        switch (row.Kind)
        {
            case RunTask.Comparison:
                var method = JsonSerializer.Deserialize<ComparisonInput>(row.Input, RunRecord.Json)!.Method;
                Say("reading model and data", null, isLast: true);
                var result = await RunWorker.OnThread(() =>
                {
                    using var comparison = new MethodComparison(place, new MethodOptions(), Environment.ProcessorCount);
                    return comparison.Compute(method, new Share(share => Say("scoring the items", share)), cancellation);
                });
                Say("storing the scores", null, isLast: true);
                await tables.PutScores(run, method, Enumerable.Range(0, place.ReadRecord().Queries.Count)
                    .Select(query => NpyFile.ReadRow<float>(ScoreFiles.PathOf(Path.Combine(place.Root, "baselines"), method), query)));
                return JsonSerializer.Serialize(result, RunRecord.Compact);
            case RunTask.Removal:
                var order = JsonSerializer.Deserialize<RemovalInput>(row.Input, RunRecord.Json)!;
                var recipe = RecordedTraining.Beside(place.ReadRecord().Model.Path)?.Spec
                    ?? throw new InputException("The model's training.json is gone: how it was trained is not known.");
                Say($"training {2 * order.Repeats} models", 0, isLast: true);
                var removal = await RunWorker.OnThread(() => RemovalMeasurement.Run(
                    place, order.Items, recipe with { Device = "cpu" }, order.Repeats, Environment.ProcessorCount,
                    new Bank(progress => Say($"{progress.Done} of {progress.Models} models are trained", (double)progress.Done / progress.Models)), cancellation));
                return JsonSerializer.Serialize(removal ?? throw new OperationCanceledException(cancellation), RunRecord.Compact);
            case RunTask.Quality:
                var wanted = JsonSerializer.Deserialize<QualityInput>(row.Input, RunRecord.Json)!;
                var training = RecordedTraining.Beside(place.ReadRecord().Model.Path)?.Spec
                    ?? throw new InputException("The model's training.json is gone: how it was trained is not known.");
                var spec = new QualitySpec
                {
                    Bank = new BankSpec(Subsets: wanted.Subsets, Repeats: wanted.Repeats),
                    Recipe = training with { Device = "cpu" },
                    Methods = [WantedMethods.All],
                };
                Say("scoring the items with every method", null, isLast: true);
                var quality = await RunWorker.OnThread(() => QualityMeasurement.Run(
                    place, spec, line => Say(line, null, isLast: true),
                    new Bank(progress => Say($"{progress.Done} of {progress.Models} models are trained", (double)progress.Done / progress.Models)), cancellation));
                return JsonSerializer.Serialize(quality ?? throw new OperationCanceledException(cancellation), RunRecord.Compact);
            case RunTask.Response:
                var asked = JsonSerializer.Deserialize<ResponseInput>(row.Input, RunRecord.Json)!;
                var folder = asked.DataPath is not { } path ? place : RunQueries.AdditionsOf(place).FirstOrDefault(each => each.ReadRecord().Spec.Queries == path)
                    ?? throw new InputException($"Query {asked.Query} is not in the run's folder any more: ask it again.");
                Say("reading model and data", null, isLast: true);
                var isWhole = await RunWorker.OnThread(() => ResponseMeasurement.Run(
                    place, folder, [.. Enumerable.Range(asked.First, asked.Count)],
                    done => Say($"{done} of {asked.Count} tokens are measured", (double)done / asked.Count), cancellation));
                return isWhole ? JsonSerializer.Serialize(asked, RunRecord.Compact) : throw new OperationCanceledException(cancellation);
            default:
                throw new InputException($"This worker does not know work of the kind {row.Kind}: it is older than the web application.");
        }
    }

    [LoggerMessage(LogLevel.Error, "Task {Task} of run {Run} failed")]
    private partial void LogFailure(Exception error, int task, Guid run);

    [LoggerMessage(LogLevel.Warning, "The database does not answer ({Reason}); task {Task} of run {Run} goes on")]
    private partial void LogOutage(string reason, int task, Guid run);

    private sealed class Share(Action<double> report) : IProgress<double>
    {
        public void Report(double value) => report(value);
    }

    private sealed class Bank(Action<BankProgress> report) : IProgress<BankProgress>
    {
        public void Report(BankProgress value) => report(value);
    }
}
