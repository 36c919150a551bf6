using System.Diagnostics;
using System.Text.Json;
using Bif.Data;
using Bif.Data.Entities;
using Bif.Data.Storage;
using Bif.Engine;
using Bif.Engine.Arrays;
using Bif.Engine.Attribution;
using Bif.Engine.Evaluation;
using Bif.Engine.Runs;
using Bif.Engine.Sampling;
using Bif.Engine.Traces;
using Bif.Web.Hosting;
using Bif.Web.Tasks;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using ChainState = Bif.Data.Entities.ChainState;

namespace Bif.Web.Jobs;

/// <summary>
/// Does the parts of runs. Each part may be done again at any time after a lost worker: preparing leaves a prepared directory
/// as it is, a chain goes on from its last complete block, scores are replaced whole. Bad input fails the run once, with its
/// reason; only lost workers lead to another attempt.
/// </summary>
public sealed partial class RunWorker(
    RunTables tables, RunQueue queue, QueryWorker queries, TaskWorker tasks, IDbContextFactory<BifContext> contexts, NpgsqlDataSource source, DemoRuns demos, ILogger<RunWorker> logger)
{
    private const double PreviewSeconds = 12;
    private static readonly TimeSpan Told = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(1);

    /// <summary>Does one part, as often as the database goes away before its end is written.</summary>
    /// <param name="input">Which.</param>
    /// <param name="owner">Identity of this firing.</param>
    /// <param name="cancellation">This process stops: the part is handed back after its block.</param>
    public async Task Do(RunJobInput input, string owner, CancellationToken cancellation)
    {
        LogPart(input.Part, input.Chain, input.RunId);
        using var span = BifMeter.Source.StartActivity($"{input.Part}");
        span?.SetTag("bif.run", input.RunId).SetTag("bif.chain", input.Chain);
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await Attempt(input, owner, cancellation);
                if (input.Part == RunJobInput.Prepare)
                {
                    // Whatever became of a demo, the next one need not wait for it any more.
                    await queue.EnqueueDemos(cancellation);
                }

                BifMeter.PartDuration.Record(Stopwatch.GetElapsedTime(start).TotalSeconds, new KeyValuePair<string, object?>("bif.part", input.Part));
                return;
            }
            catch (Exception error) when (DatabaseOutage.Is(error))
            {
                LogOutage(error.Message, input.Part, input.RunId);
                await Task.Delay(Outage, cancellation);
            }
        }
    }

    private async Task Attempt(RunJobInput input, string owner, CancellationToken cancellation)
    {
        try
        {
            await (input.Part switch
            {
                RunJobInput.Prepare => Prepare(input.RunId, cancellation),
                RunJobInput.Sample => Sample(input.RunId, input.Chain, owner, cancellation),
                RunJobInput.Finish => Finish(input.RunId, cancellation),
                RunJobInput.Task => tasks.Do(input.RunId, input.Chain, owner, cancellation),
                RunJobInput.Query => queries.Answer(input.RunId, input.Chain, cancellation),
                _ => throw new InvalidOperationException($"There is no part \"{input.Part}\" of a run."),
            });
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Handed back to the queue, which gives it to another worker or to the next start.
            throw;
        }
        catch (OperationCanceledException)
        {
            await tables.Move(input.RunId, RunState.Active, RunState.Cancelled);
        }
        catch (Exception error) when (!DatabaseOutage.Is(error))
        {
            if (error is InputException)
            {
                LogBadInput(input.Part, input.RunId, error.Message);
            }
            else
            {
                LogFailure(error, input.Part, input.RunId);
            }

            BifMeter.Failures.Add(1, new KeyValuePair<string, object?>("bif.part", input.Part));
            await tables.Move(
                input.RunId, RunState.Active, RunState.Failed,
                error: error switch
                {
                    InputException => error.Message,
                    IOException or UnauthorizedAccessException =>
                        $"Reading or writing failed ({error.Message.TrimEnd('.')}). Complete blocks of draws are kept: free space or mend the folder, then continue the run.",
                    _ when MemoryShortage.Is(error) => $"The worker has too little memory for this run ({error.Message.TrimEnd('.')}): {MemoryShortage.Advice}. Then continue the run.",
                    _ => $"An error in the program ended the run ({error.GetType().Name}: {error.Message}). The worker's log has the details.",
                });
        }
    }

    private async Task Prepare(Guid id, CancellationToken cancellation)
    {
        // 1. Only a queued run, or one whose worker was lost while preparing, is prepared.
        if (!await tables.Move(id, [RunState.Queued, RunState.Preparing], RunState.Preparing))
        {
            return;
        }

        if (await tables.CountAttempt(id) > RunTables.MaximumAttempts)
        {
            throw new InputException($"{RunTables.MaximumAttempts} workers were lost while preparing this run: it may need more memory than they have.");
        }

        // 2. A demo's data and network are made here, where every worker finds them.
        var run = await Find(id, cancellation);
        var spec = JsonSerializer.Deserialize<RunSpec>(run.Spec, RunRecord.Json)!;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var watch = WatchForCancel(id, stop);
        if (run.IsDemo)
        {
            await OnThread(() => demos.Of(spec).Write(progress => Say(id, $"demo: {progress.Message}", progress.Fraction), stop.Token));
        }

        var record = await OnThread(() => AttributionRun.Prepare(
            spec, run.Directory, new StoppingProgress(Teller(id), stop.Token)));
        stop.Token.ThrowIfCancellationRequested();

        // 3. The directory is whole before the row says so; a crash in between repeats step 2, which leaves it as it is.
        var place = new RunDirectory(run.Directory);
        await tables.Prepared(
            id,
            JsonSerializer.Serialize(record, RunRecord.Compact),
            await File.ReadAllTextAsync(place.TrainItems, cancellation),
            await File.ReadAllTextAsync(place.QueryItems, cancellation),
            record.Settings.Chains,
            record.Settings.Draws);
        await queue.EnqueueChains(id, cancellation);
        await FinishIfAllEnded(id, cancellation);
    }

    private async Task Sample(Guid id, int chain, string owner, CancellationToken cancellation)
    {
        if (await Claim(id, chain, owner, cancellation) is not { } attempt)
        {
            return;
        }

        if (attempt > RunTables.MaximumAttempts)
        {
            throw new InputException($"{RunTables.MaximumAttempts} workers were lost over chain {chain}: it may need more memory than they have.");
        }

        var run = await Find(id, cancellation);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var ended = new CancellationTokenSource();
        var reporter = new ChainReporter(tables, id, chain, owner);
        var following = reporter.Follow(stop, ended.Token);
        var previewing = Preview(run, ended.Token);
        ChainOutcome outcome;
        try
        {
            outcome = await OnThread(() => AttributionRun.SampleChain(run.Directory, chain, reporter, stop.Token));
        }
        finally
        {
            await ended.CancelAsync();
            await following;
            await previewing;
        }

        // The traces are on disk before the row says so. A firing that lost its chain changes nothing here.
        var state = outcome.End switch
        {
            ChainEnd.Completed => ChainState.Completed,
            ChainEnd.Diverged => ChainState.Diverged,
            _ when cancellation.IsCancellationRequested => ChainState.Queued,
            _ => ChainState.Interrupted,
        };
        if (!await tables.End(id, chain, owner, state))
        {
            return;
        }

        cancellation.ThrowIfCancellationRequested();
        await FinishIfAllEnded(id, cancellation);
    }

    // A chain may be fired twice (handed back, and put in again at a start). One that another firing holds is left to it as soon
    // as that gives a sign of life, and taken over when it gives none.
    private async Task<int?> Claim(Guid id, int chain, string owner, CancellationToken cancellation)
    {
        var first = await tables.LastSign(id, chain);
        while (true)
        {
            if (await tables.Claim(id, chain, owner) is { } attempt)
            {
                return attempt;
            }

            if (first is null || await tables.LastSign(id, chain) != first)
            {
                return null;
            }

            await Task.Delay(1000, cancellation);
        }
    }

    // The last chain to end passes the run on: to its estimate, or to "cancelled" where a person stopped it.
    private async Task FinishIfAllEnded(Guid id, CancellationToken cancellation)
    {
        var run = await Find(id, cancellation);
        if (run.State != RunState.Sampling || run.Chains.Any(chain => chain.State == ChainState.Running))
        {
            return;
        }

        if (run.CancelRequested)
        {
            await tables.Move(id, [RunState.Sampling], RunState.Cancelled);
        }
        else if (run.Chains.All(chain => chain.State is ChainState.Completed or ChainState.Diverged)
            && await tables.Move(id, [RunState.Sampling], RunState.Estimating))
        {
            await queue.EnqueueFinish(id, cancellation);
        }
    }

    private async Task Finish(Guid id, CancellationToken cancellation)
    {
        var run = await Find(id, cancellation);
        if (run.State != RunState.Estimating)
        {
            return;
        }

        var outcomes = run.Chains.OrderBy(chain => chain.Index).Select(chain => new ChainOutcome(
            chain.Index, chain.State == ChainState.Diverged ? ChainEnd.Diverged : ChainEnd.Completed, 0, chain.Loss)).ToList();
        var seconds = run.StartedAt is { } start ? (DateTime.UtcNow - start).TotalSeconds : 0;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        RunRecord record;
        using (WatchForCancel(id, stop))
        {
            record = await OnThread(() => AttributionRun.Finish(run.Directory, outcomes, seconds, new StoppingProgress(Teller(id), stop.Token)));
        }

        var place = new RunDirectory(run.Directory);
        var store = TraceStore.Open(place.Traces);
        var goesOn = AttributionRun.NextDraws(JsonSerializer.Deserialize<RunSpec>(run.Spec, RunRecord.Json)!, record) is not null;
        var hasScores = ScoreFiles.AreComplete(place.Scores);
        if (hasScores)
        {
            await Store(id, place.Scores, Enumerable.Range(0, record.Settings.Chains).Sum(store.CompleteDraws), record.NoiseFloor, isFinal: !goesOn);
        }

        if (goesOn)
        {
            if (await tables.Again(id, RunState.Estimating, run.Spec))
            {
                await queue.Enqueue(id, cancellation);
            }

            return;
        }

        await MeasurePartners(id, place, record.Spec, cancellation);

        // Queries that were answered from fewer draws are answered again: they can be, as soon as the directory is finished.
        foreach (var query in await tables.ReopenQueries(id))
        {
            await queue.EnqueueQuery(id, query, cancellation);
        }

        float[] variance = hasScores ? [.. NpyFile.Read<double>(ScoreFiles.PathOf(place.Scores, ScoreFiles.ItemVariance)).Values.Select(value => (float)value)] : [];
        await tables.Finish(id, JsonSerializer.Serialize(record, RunRecord.Compact), variance, store.ReadInitial().Train);
    }

    // Where it lies beside the data which words are partners, it is measured whether the run finds them.
    private async Task MeasurePartners(Guid id, RunDirectory place, RunSpec spec, CancellationToken cancellation)
    {
        if (!spec.PerToken || !File.Exists(KnownPartners.Beside(spec.Data)))
        {
            return;
        }

        await tables.Say(id, "looking for the known partners of words", null);
        try
        {
            var record = await OnThread(() => PartnerMeasurement.Run(place, KnownPartners.Read(KnownPartners.Beside(spec.Data)), isPartial: false, cancellation));
            record.Write(place);
        }
        catch (InputException error)
        {
            // A file that does not fit the data, or a run without usable draws, is no reason to withhold the scores.
            LogPartners(error.Message, id);
        }
    }

    // Provisional scores from the complete blocks, every few seconds, by whichever worker comes first.
    private async Task Preview(Run run, CancellationToken ended)
    {
        while (!ended.IsCancellationRequested)
        {
            await Task.WhenAny(Task.Delay(TimeSpan.FromSeconds(2), CancellationToken.None), Task.Delay(Timeout.Infinite, ended));
            var scores = Path.Combine(run.Directory, "preview", Guid.NewGuid().ToString("N"));
            try
            {
                if (!ended.IsCancellationRequested && await tables.ClaimProvisional(run.Id, PreviewSeconds)
                    && await OnThread(() => AttributionRun.Preview(run.Directory, scores)) is { } preview)
                {
                    await Store(run.Id, scores, preview.Draws, preview.NoiseFloor, isFinal: false);
                    await tables.Say(run.Id, Said(preview), null);
                }
            }
            catch (Exception error) when (error is InputException || DatabaseOutage.Is(error))
            {
                // Too few draws yet, or no database; the next attempt may do better.
                LogPreview(error, run.Id);
            }
            finally
            {
                if (Directory.Exists(scores))
                {
                    Directory.Delete(scores, recursive: true);
                }
            }
        }
    }

    private static string Said(RunPreview preview)
    {
        var outlook = preview.Outlook;
        var reached = $"reliability so far {(double.IsFinite(outlook.Reliability) ? outlook.Reliability.ToString("F2") : "not known")}";
        return preview.IsControlled ? $"{reached}, before the noise that gradients explain is taken out at the end"
            : outlook is { IsReached: false, DrawsPerChain: { } draws } ? $"{reached}, {outlook.Wanted:F1} would take about {draws:N0} draws per chain"
            : reached;
    }

    private async Task Store(Guid id, string scores, int draws, double? floor, bool isFinal)
    {
        var rows = NpyFile.ReadShape<float>(ScoreFiles.PathOf(scores, ScoreFiles.Correlation))[0];
        await ScoreWriter.Replace(source, id, draws, floor, isFinal, Enumerable.Range(0, (int)rows).Select(query => Vectors(scores, query)), CancellationToken.None);
    }

    /// <summary>A query's row of the score files in a folder.</summary>
    internal static ScoreVectors Vectors(string scores, int query)
    {
        float[] Row(string name) => NpyFile.ReadRow<float>(ScoreFiles.PathOf(scores, name), query);
        return new(Row(ScoreFiles.Correlation), Row(ScoreFiles.CorrelationError), Row(ScoreFiles.Bif), Row(ScoreFiles.BifError));
    }

    // Preparing and estimating have no blocks: a request to cancel is looked for once a second.
    private Timer WatchForCancel(Guid id, CancellationTokenSource stop) => new(
        state =>
        {
            try
            {
                if (tables.IsCancelRequested(id).GetAwaiter().GetResult())
                {
                    stop.Cancel();
                }
            }
            catch (Exception error) when (error is NpgsqlException or ObjectDisposedException)
            {
                // The next second asks again.
                LogPreview(error, id);
            }
        },
        null, 1000, 1000);

    // Shares come with every few items: a row of the database for each would cost more than they.
    private Action<RunProgress> Teller(Guid id)
    {
        var last = Stopwatch.GetTimestamp();
        return report =>
        {
            if (report.Message is not null || Stopwatch.GetElapsedTime(last) > Told)
            {
                last = Stopwatch.GetTimestamp();
                Say(id, report.Message, report.Fraction);
            }
        };
    }

    private void Say(Guid id, string? message, double? fraction)
    {
        try
        {
            tables.Say(id, message, fraction).GetAwaiter().GetResult();
        }
        catch (NpgsqlException error)
        {
            // What is said is for the eye only: the work goes on without it.
            LogPreview(error, id);
        }
    }

    // Tensors belong to a thread, and hours of work to none of the pool's.
    internal static async Task<T> OnThread<T>(Func<T> work) => await Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private async Task<Run> Find(Guid run, CancellationToken cancellation)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        return await context.Runs.AsNoTracking().Include(each => each.Chains).SingleAsync(each => each.Id == run, cancellation);
    }

    [LoggerMessage(LogLevel.Information, "{Part} {Chain} of run {Run}")]
    private partial void LogPart(string part, int chain, Guid run);

    [LoggerMessage(LogLevel.Warning, "{Part} of run {Run} cannot be done: {Reason}")]
    private partial void LogBadInput(string part, Guid run, string reason);

    [LoggerMessage(LogLevel.Error, "{Part} of run {Run} failed")]
    private partial void LogFailure(Exception error, string part, Guid run);

    [LoggerMessage(LogLevel.Warning, "The database does not answer ({Reason}); {Part} of run {Run} is tried again")]
    private partial void LogOutage(string reason, string part, Guid run);

    [LoggerMessage(LogLevel.Warning, "Known partners were not measured ({Reason}) in run {Run}")]
    private partial void LogPartners(string reason, Guid run);

    [LoggerMessage(LogLevel.Debug, "run {Run}: passed over")]
    private partial void LogPreview(Exception error, Guid run);
}
