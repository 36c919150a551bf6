using System.Diagnostics;
using System.Text.Json;
using Bif.Engine.Attribution;
using Bif.Engine.Curvature;
using Bif.Engine.Data;
using Bif.Engine.FirstOrder;
using Bif.Engine.Models;
using Bif.Engine.Sampling;
using Bif.Engine.Sampling.Kept;
using Bif.Engine.Sampling.Preconditioners;
using Bif.Engine.Traces;
using Bif.Kernels;
using static TorchSharp.torch;

namespace Bif.Engine.Runs;

/// <summary>
/// Queries added to a finished run at its own draws, into <c>RUN/queries/NNN</c>: a run directory of its own whose training
/// traces are links to the run's. The queries' losses come from draws that were kept, from draws that follow from the seed
/// (laplace), or from an exact replay of the chains; the last two give what asking at the start would have given.
/// </summary>
public sealed class QueryAddition : IDisposable
{
    // EAGAIN of Linux: the code of an exception for a file that another process holds.
    private const int WouldBlock = 11;
    private readonly RunDirectory _run;
    private readonly RunRecord _record;
    private readonly IProgress<RunProgress>? _progress;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly string _queryPath;
    private readonly Model _model;
    private readonly Dataset _queryData;
    private readonly DataFeed _queries;
    private readonly ParameterSelection _selection;
    private readonly Tensor _center;

    private QueryAddition(RunDirectory run, RunRecord record, string queryPath, IProgress<RunProgress>? progress)
    {
        (_run, _record, _queryPath, _progress) = (run, record, queryPath, progress);
        var device = AttributionRun.DeviceOf(record.Device);
        set_num_threads(Threads);
        TorchLibrary.AllowTf32(record.Spec.Precision == "tf32");
        _model = RecordedInputs.Model(run, record, device);
        _queryData = DatasetLoader.Open(queryPath, record.Spec.InputOf(_model), _model.TargetKind);
        _model.CheckData(_queryData);
        _selection = ParameterSelection.Matching(_model.Layout, [.. record.Spec.Parameters]);
        _center = AttributionRun.Select(_model, _selection);
        _queries = Feed(_queryData);
    }

    private int Threads => _record.Spec.Threads ?? Environment.ProcessorCount;

    /// <summary>Adds queries to a finished run.</summary>
    /// <param name="runDirectory">The run.</param>
    /// <param name="queries">PATH[@SPLIT][[A:B]].</param>
    /// <param name="progress">Receives reports, or null; the first says what it will cost.</param>
    /// <param name="cancellation">Ends after the current block of draws; the same call goes on.</param>
    /// <exception cref="InputException">The run is unfinished, or its checkpoint or data have changed, or the queries do not fit.</exception>
    public static AdditionResult Execute(string runDirectory, string queries, IProgress<RunProgress>? progress, CancellationToken cancellation)
    {
        var run = RunDirectory.Open(runDirectory);
        var record = run.ReadRecord();
        if (record.AddedBy is not null)
        {
            throw new InputException($"{runDirectory} holds queries added to a run: give the run itself.");
        }

        if (record.State != "finished")
        {
            throw new InputException($"{runDirectory} is {record.State}: finish it with attribute --resume before adding queries.");
        }

        try
        {
            using var turn = Turn(run, progress, cancellation);
            using var addition = new QueryAddition(run, record, queries, progress);
            return addition.Execute(cancellation);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"Adding queries to {runDirectory} failed ({error.Message}); the run itself is untouched: mend the cause and try again.", error);
        }
    }

    // Additions to one run follow each other, in whatever processes: each takes the next free folder.
    private static FileStream Turn(RunDirectory run, IProgress<RunProgress>? progress, CancellationToken cancellation)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return new FileStream(Path.Combine(run.Root, "queries.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException error) when (error.HResult == WouldBlock && !cancellation.IsCancellationRequested)
            {
                if (attempt == 0)
                {
                    progress?.Report(new RunProgress(RunStage.Loading, "waiting for other queries of this run"));
                }

                Thread.Sleep(100);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _queries.Dispose();
        _queryData.Dispose();
        _center.Dispose();
        _model.Dispose();
    }

    private AdditionResult Execute(CancellationToken cancellation)
    {
        var place = Place();
        if (File.Exists(place.RecordFile) && place.ReadRecord() is { State: "finished" } earlier && earlier.Settings.Draws == _record.Settings.Draws)
        {
            Say(RunStage.Done, "these queries are there already");
            return Result(place, completed: true);
        }

        Say(RunStage.Preparing, QueryCost.Of(_record, _queryData.Count).Sentence);
        var (store, tokens, record) = Begin(place);
        var complete = _record.Kept is { } plan ? ReadKept(store, tokens, plan, cancellation) : Replay(place, store, tokens, cancellation);
        record = record with { Timings = new TimingRecord(0, 0, _clock.Elapsed.TotalSeconds, 0, 0) };
        if (!complete)
        {
            place.WriteRecord(record with { State = "interrupted" });
            return Result(place, completed: false);
        }

        try
        {
            place.WriteRecord(Estimate(place, store, record, new StoppingProgress(report => _progress?.Report(report), cancellation)));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            place.WriteRecord(record with { State = "interrupted" });
            return Result(place, completed: false);
        }

        Say(RunStage.Done, null);
        return Result(place, completed: true);
    }

    private RunRecord Estimate(RunDirectory place, TraceStore store, RunRecord record, StoppingProgress progress)
    {
        var start = _clock.Elapsed.TotalSeconds;
        var chance = _model.ClassCount is null ? null : _model.ChanceLoss;
        using var control = Control(place, store, progress);
        var options = new AttributionOptions(_record.Spec.ScoreCentering, Threads, null, chance, control);
        var estimate = AttributionEstimator.Run(
            store, place.Scores, options, share => progress.Report(new RunProgress(RunStage.Estimating, Fraction: AttributionRun.AfterControl(control, share))));
        return record with
        {
            State = "finished",
            Diagnostics = JsonSerializer.SerializeToElement(estimate.Diagnostics, RunRecord.Json),
            Verdict = estimate.Verdict,
            KeptError = _record.Kept is { } kept ? KeptError(kept) : null,
            Timings = record.Timings! with { EstimatingSeconds = _clock.Elapsed.TotalSeconds - start },
        };
    }

    // The folder of these queries: theirs from an earlier call, or the next free one.
    private RunDirectory Place()
    {
        foreach (var known in RunQueries.AdditionsOf(_run))
        {
            if (known.ReadRecord() is var record && record.Queries.Hash == _queryData.Hash && record.Queries.Path == _queryData.Path)
            {
                return known;
            }
        }

        return RunQueries.NextAddition(_run);
    }

    private (TraceStore Store, TraceStore? Tokens, RunRecord Record) Begin(RunDirectory place)
    {
        var run = _run.OpenTraces();
        var fresh = !File.Exists(place.RecordFile) || place.ReadRecord().Settings.Draws != _record.Settings.Draws;
        if (fresh && Directory.Exists(place.Root))
        {
            Directory.Delete(place.Root, recursive: true);
        }

        var initial = new float[_queryData.Count];
        var initialTokens = new float[_record.Spec.PerToken ? _queryData.Text!.PredictedCount : 0];
        using (var weights = _model.Bind(_selection, _center, null, _record.Spec.ScalarPrecision))
        {
            Evaluate(weights, initial, initialTokens);
        }

        var record = _record with
        {
            State = "running",
            Spec = _record.Spec with { Queries = _queryPath },
            Queries = AttributionRun.Describe(_queryData),
            InitialQueryLoss = initial.Average(loss => (double)loss),
            AddedBy = QueryCost.Of(_record, 1).Way,
            Diagnostics = null,
            Verdict = null,
            Outlook = null,
        };
        var every = _record.Kept?.Every ?? 1;
        var store = ThinnedTraces.Attach(place.Traces, run, _queryData.Count, every);
        store.WriteInitialQuery(initial);
        TraceStore? tokens = null;
        if (_record.Spec.PerToken)
        {
            tokens = ThinnedTraces.Attach(place.TokenTraces, _run.OpenTokenTraces(), initialTokens.Length, every, store.Shape.DrawsPerBlock);
            tokens.WriteInitialQuery(initialTokens);
        }

        if (fresh)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(place.TrainItems)!);
            File.Copy(_run.TrainItems, place.TrainItems, overwrite: true);
            ItemTable.Of(_queryData).Write(place.QueryItems);
            if (_record.Spec.PerToken)
            {
                File.Copy(_run.TrainTokens, place.TrainTokens, overwrite: true);
                TokenTable.Of(_queryData.Text!).Write(place.QueryTokens);
            }

            place.WriteRecord(record);
        }

        return (store, tokens, record);
    }

    // The queries' losses at some weights; of their tokens too where there is room for them.
    private void Evaluate(Weights weights, Memory<float> losses, Memory<float> tokens)
    {
        if (tokens.IsEmpty)
        {
            LossEvaluator.Evaluate(_model, weights, _queries, _record.Plan.EvaluationBatch, losses);
        }
        else
        {
            LossEvaluator.EvaluateTokens(_model, weights, _queries, _record.Plan.EvaluationBatch, tokens);
            LossEvaluator.SumTokens(_queries, tokens.Span, losses.Span);
        }
    }

    private bool ReadKept(TraceStore store, TraceStore? tokens, KeptDrawsPlan plan, CancellationToken cancellation)
    {
        var width = tokens?.Shape.QueryItems ?? 0;
        var files = new KeptDrawFiles(_run.Draws, plan, _record.Plan.DrawsPerBlock);
        for (var chain = 0; chain < store.Shape.Chains; chain++)
        {
            for (var block = 0; block < store.Shape.Blocks; block++)
            {
                var rows = store.Shape.DrawsIn(block);
                var (losses, own) = (new float[rows * _queryData.Count], new float[rows * width]);
                for (var row = 0; row < rows; row++)
                {
                    using var scope = NewDisposeScope();
                    using var weights = _model.Bind(_selection, files.Read(chain, (block * store.Shape.DrawsPerBlock) + row, _center), null, _record.Spec.ScalarPrecision);
                    var items = losses.AsMemory(row * _queryData.Count, _queryData.Count);
                    var each = own.AsMemory(row * width, width);
                    Evaluate(weights, items, each);
                    if (tokens is { StoresDeviations: true })
                    {
                        tokens.RoundAsWritten(queries: true, each.Span);
                        LossEvaluator.SumTokens(_queries, each.Span, items.Span);
                    }
                }

                tokens?.WriteQueryBlock(chain, block, own);
                store.WriteQueryBlock(chain, block, losses);
                Report(chain, (block * store.Shape.DrawsPerBlock) + rows, store.Shape.Draws, losses);
                if (cancellation.IsCancellationRequested)
                {
                    return false;
                }
            }
        }

        return true;
    }

    // What rounding did: losses of the run's own first queries at kept draws against those that it recorded.
    private double? KeptError(KeptDrawsPlan plan)
    {
        if (plan.Precision == "float32")
        {
            return 0;
        }

        using var data = RecordedInputs.Queries(_run, _record, _model);
        using var feed = Feed(data);
        var (store, files) = (TraceStore.Open(_run.Traces), new KeptDrawFiles(_run.Draws, plan, _record.Plan.DrawsPerBlock));
        var (seen, count) = (new float[data.Count], Math.Min(16, plan.CountBefore(store.Shape.Draws)));
        var (recorded, errors) = (new List<float[]>(), 0.0);
        for (var row = 0; row < count; row++)
        {
            var own = new float[data.Count];
            store.ReadQuery(0, ((row + 1) * plan.Every) - 1, 1, 0, data.Count, own);
            using (NewDisposeScope())
            {
                using var weights = _model.Bind(_selection, files.Read(0, row, _center), null, _record.Spec.ScalarPrecision);
                LossEvaluator.Evaluate(_model, weights, feed, _record.Plan.EvaluationBatch, seen);
            }

            recorded.Add(own);
            errors += own.Zip(seen, (exact, rounded) => (double)(exact - rounded) * (exact - rounded)).Sum();
        }

        var spread = Enumerable.Range(0, data.Count).Sum(query =>
        {
            var mean = recorded.Average(draw => (double)draw[query]);
            return recorded.Sum(draw => (draw[query] - mean) * (draw[query] - mean));
        });
        return spread > 0 ? Math.Sqrt(errors / spread) : 0;
    }

    private bool Replay(RunDirectory place, TraceStore store, TraceStore? tokens, CancellationToken cancellation)
    {
        var settings = _record.Settings;
        var gradients = settings.Sampler != "laplace";
        using var data = gradients ? RecordedInputs.Train(_run, _record, _model) : null;
        using var train = Feed(data ?? _queryData);
        using var curvature = Curvature();
        using var preconditioner = curvature?.ToPreconditioner(settings.Nbeta, settings.Gamma) ?? new NoPreconditioner();
        using var offset = settings.Centered ? LossGradient.AtCheckpoint(_model, _selection, _center, train, _record.Plan.GradientPiece) : null;
        var runner = new ChainRunner(
            _model, train, _queries, store, settings, preconditioner, _record.Plan, _selection, _center, offset, place.Chains, double.MaxValue)
        {
            QueriesOnly = true,
            Precision = _record.Spec.ScalarPrecision,
            Tokens = tokens is null ? null : new TokenTarget(tokens, null),
        };
        var outcomes = ChainGroup.Run(
            settings.Chains,
            _record.Plan,
            _center.device,
            (chain, stop) => runner.Run(
                chain,
                (draw, loss, rate) => _progress?.Report(new RunProgress(RunStage.Sampling, Chain: new ChainProgress(chain, draw, settings.Draws, loss, rate))),
                stop),
            cancellation);
        set_num_threads(Threads);
        if (outcomes.FirstOrDefault(outcome => outcome.End == ChainEnd.Diverged) is { } diverged)
        {
            Directory.Delete(place.Root, recursive: true);
            throw new InputException(
                $"Chain {diverged.Chain} of {_run.Root} diverges at step {diverged.Step:N0} when it is replayed, where the run's did not: "
                + "its run.json was changed, or another version of bif or another machine made it; restore it, or run anew with these queries.");
        }

        return outcomes.All(outcome => outcome.End == ChainEnd.Completed);
    }

    // What the run's coordinates are made of; null where it has none.
    private CurvatureEstimate? Curvature() => _record.Settings.Preconditioner == "none" ? null : CurvatureEstimate.Load(_run.Curvature, _center.device);

    // The queries' first-order parts at the run's draws, where the run's scores have theirs taken out. One draw in several has none.
    private FirstOrderControl? Control(RunDirectory place, TraceStore store, StoppingProgress progress)
    {
        var (own, run) = (new FirstOrderFiles(place.FirstOrder), new FirstOrderFiles(_run.FirstOrder));
        if (!_record.Settings.FirstOrderControl || !run.HasCovariance || _record.Kept is { Every: > 1 })
        {
            return null;
        }

        progress.Report(new RunProgress(RunStage.Estimating, "first-order parts of the queries' losses"));
        using var data = RecordedInputs.Train(_run, _record, _model);
        using var train = Feed(data);
        using var curvature = Curvature();
        using var preconditioner = curvature?.ToPreconditioner(_record.Settings.Nbeta, _record.Settings.Gamma) ?? new NoPreconditioner();
        Directory.CreateDirectory(own.Root);
        File.Copy(run.ItemVariance, own.ItemVariance, overwrite: true);
        if (!Directory.Exists(own.Traces))
        {
            TraceStore.Attach(own.Traces, TraceStore.Open(run.Traces), _queryData.Count).WriteInitialQuery(new float[_queryData.Count]);
        }

        new FirstOrderPass(_model, _selection, _center, preconditioner, _record.Settings, train, _queries) { QueriesOnly = true }.Complete(
            own, store, share => progress.Report(new RunProgress(RunStage.Estimating, Fraction: AttributionRun.OfControl(share))));
        return FirstOrderControl.OpenIfThere(place.Root);
    }

    // Items as the run saw them.
    private DataFeed Feed(Dataset data) => new(data, _model.Input, _center.device) { Layout = _record.Plan.Layout };

    private AdditionResult Result(RunDirectory place, bool completed)
    {
        var first = RunQueries.CountBefore(_run, place);
        var record = place.ReadRecord();
        return new(place.Root, completed, QueryCost.Of(_record, 1).Way, first, _queryData.Count, record.Verdict?.Name, record.KeptError, _clock.Elapsed.TotalSeconds, ProcessMemory.PeakBytes);
    }

    private void Report(int chain, int draw, int draws, float[] losses) => _progress?.Report(new RunProgress(
        RunStage.Sampling, Chain: new ChainProgress(chain, draw, draws, losses.Average(loss => (double)loss), ((chain * (double)draws) + draw) / _clock.Elapsed.TotalSeconds)));

    private void Say(RunStage stage, string? message) => _progress?.Report(new RunProgress(stage, message));
}

/// <summary>Queries that were added.</summary>
/// <param name="Directory">Their folder.</param>
/// <param name="Completed">False when interrupted.</param>
/// <param name="Way">kept, regenerated or replayed.</param>
/// <param name="FirstQuery">The index of the first of them among the run's queries.</param>
/// <param name="Count">How many.</param>
/// <param name="Verdict">Of their own traces; null when interrupted.</param>
/// <param name="KeptError">Root mean square error of losses at kept draws over their deviation; null unless kept.</param>
/// <param name="ElapsedSeconds">Wall-clock time.</param>
/// <param name="PeakBytes">Peak resident size of the process.</param>
public sealed record AdditionResult(
    string Directory, bool Completed, string Way, int FirstQuery, int Count, string? Verdict, double? KeptError, double ElapsedSeconds, long PeakBytes);
