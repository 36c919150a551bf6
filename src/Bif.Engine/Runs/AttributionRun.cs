using System.Diagnostics;
using System.Reflection;
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
using TorchSharp;
using static TorchSharp.torch;

namespace Bif.Engine.Runs;

/// <summary>The pipeline from a spec to a run directory.</summary>
public sealed partial class AttributionRun : IDisposable
{
    // At this reliability noise takes a tenth of an LDS.
    private const double UsualReliability = 0.8;

    /// <summary>The control variate's share of estimating, where there is one.</summary>
    private const double ControlShare = 0.95;

    // Below a quarter of a GiB the weights are no matter.
    private const long NotableBytes = 1L << 28;
    private readonly RunSpec _spec;
    private readonly RunDirectory _directory;
    private readonly IProgress<RunProgress>? _progress;
    private readonly List<string> _warnings = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Model _model;
    private readonly Dataset _data;
    private readonly Dataset _queryData;
    private readonly DataFeed _train;
    private readonly DataFeed _queries;
    private readonly ParameterSelection _selection;
    private readonly Tensor _center;
    private CurvatureEstimate? _curvature;
    private Preconditioner _preconditioner = new NoPreconditioner();
    private SettingsChoice? _choice;
    private KeptDrawsPlan? _kept;
    private readonly TokenTracing? _tokens;
    private float[]? _initialTrain;
    private float[]? _initialQuery;
    private long _peakBytes;

    private AttributionRun(RunSpec spec, RunDirectory directory, IProgress<RunProgress>? progress)
    {
        _spec = spec;
        _directory = directory;
        _progress = progress;
        var device = DeviceOf(spec.Device);
        set_num_threads(Threads);
        if (RunMemory.Ahead(spec, Threads) is { TotalBytes: > NotableBytes } memory)
        {
            Say(RunStage.Loading, memory.Describe());
            memory.Require(spec.Model, device);
        }

        _model = Model.Load(spec.Model, device);
        CheckPrecision();
        var input = spec.InputOf(_model);
        _data = DatasetLoader.Open(spec.Data, input, _model.TargetKind);
        _queryData = DatasetLoader.Open(spec.Queries, input, _model.TargetKind);
        _model.CheckData(_data);
        _model.CheckData(_queryData);
        _selection = ParameterSelection.Matching(_model.Layout, [.. spec.Parameters]);
        _center = Select(_model, _selection);
        _train = new DataFeed(_data, _model.Input, device);
        _queries = new DataFeed(_queryData, _model.Input, device);
        _tokens = spec.PerToken ? new TokenTracing(spec, _data, _train, _queryData, device) : null;
        Say(RunStage.Loading, $"{_model.Config.ModelType} with {_model.Layout.ParameterCount:N0} parameters"
            + (_selection.IsAll ? "" : $" ({_selection.Count:N0} sampled)")
            + $", {_data.Count:N0} training items ({_data.Format}), {_queryData.Count:N0} queries, {_clock.Elapsed.TotalSeconds:F1} s");
    }

    private int Threads => _spec.Threads ?? Environment.ProcessorCount;

    /// <summary>
    /// Runs, or resumes, the attribution in <paramref name="directory"/>: loads, samples, writes traces, estimates.
    /// </summary>
    /// <param name="spec">What to do.</param>
    /// <param name="directory">The run directory; created if missing.</param>
    /// <param name="resume">Continue a run that lies there; without it an unfinished run there is an error.</param>
    /// <param name="progress">Receives reports, or null.</param>
    /// <param name="cancellation">
    /// Finishes the current block of draws, or ends estimating at its next report, then returns with Completed = false.
    /// </param>
    /// <exception cref="InputException">Bad input; nothing half-written is left.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before anything was drawn; nothing is written.</exception>
    public static RunResult Execute(
        RunSpec spec, string directory, bool resume, IProgress<RunProgress>? progress, CancellationToken cancellation)
    {
        var place = new RunDirectory(directory);
        if (Directory.Exists(place.Root) && Directory.EnumerateFileSystemEntries(place.Root).Any() && !File.Exists(place.RecordFile))
        {
            throw new InputException($"{directory} is not empty and holds no run: choose another --out.");
        }

        RunDirectory.RequireWritable(place.Root);
        try
        {
            using var run = new AttributionRun(spec, place, new StoppingProgress(report => progress?.Report(report), cancellation));
            return run.Execute(resume, cancellation);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException(
                $"Writing to {directory} failed ({error.Message}); what was written is kept: mend the cause and continue with --resume.", error);
        }
    }

    /// <summary>Chooses a run's settings as <see cref="Execute(RunSpec, string, bool, IProgress{RunProgress}?, CancellationToken)"/> would, and stops there.</summary>
    /// <param name="spec">What to do; what it gives is kept.</param>
    /// <param name="progress">Receives reports, or null.</param>
    /// <param name="cancellation">Ends it at its next report.</param>
    /// <exception cref="InputException">Bad input, or no setting makes a pilot behave.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static CalibrationReport Calibrate(RunSpec spec, IProgress<RunProgress>? progress, CancellationToken cancellation = default)
    {
        using var run = new AttributionRun(spec, new RunDirectory("."), new StoppingProgress(report => progress?.Report(report), cancellation));
        var start = run._clock.Elapsed.TotalSeconds;
        var (settings, source, plan) = run.Prepare();
        return new CalibrationReport(
            settings, source, run._choice!.Reasons, run._choice.SecondsPerDraw,
            run._choice.SecondsPerDraw * settings.Draws * settings.Chains / plan.ConcurrentChains, run._clock.Elapsed.TotalSeconds - start);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _tokens?.Dispose();
        _train.Dispose();
        _queries.Dispose();
        _data.Dispose();
        _queryData.Dispose();
        _center.Dispose();
        _preconditioner.Dispose();
        _curvature?.Dispose();
        _model.Dispose();
    }

    private RunResult Execute(bool resume, CancellationToken cancellation)
    {
        var loading = _clock.Elapsed.TotalSeconds;
        var earlier = File.Exists(_directory.RecordFile) ? _directory.ReadRecord() : null;
        var (settings, source, plan) = earlier is null ? Prepare() : Recall(earlier, resume);
        if (earlier?.State == "finished" && earlier.Settings.Draws == settings.Draws && !(resume && NextDraws(_spec, earlier) is not null) && IsWhole(earlier, resume))
        {
            Say(RunStage.Done, NextDraws(_spec, earlier) is null ? "this run is already finished; nothing to do"
                : FormattableString.Invariant($"this run is finished at reliability {earlier.Outlook!.Reliability:F2}: add --resume to go on to {_spec.TargetReliability:F2}"));
            return Result(earlier, completed: true);
        }

        var (store, record) = earlier is null ? Create(settings, source, plan) : Continue(earlier, settings);
        var preparing = _clock.Elapsed.TotalSeconds - loading;
        record = Advance(Prepared(record, loading, preparing), store, cancellation);
        while (NextDraws(_spec, record) is { } next)
        {
            settings = settings with { Draws = next };
            Say(RunStage.Sampling, $"reliability {record.Outlook!.Reliability:F2} of the {_spec.TargetReliability:F2} asked for: going on to {settings.Draws:N0} draws per chain");
            (store, record) = Continue(record, settings);
            record = Advance(record, store, cancellation);
        }

        if (record.State != "interrupted")
        {
            Say(RunStage.Done, null);
        }

        return Result(record, completed: record.State != "interrupted");
    }

    // A finished run that lost scores or a part of its traces since is made whole again, when asked to. Without traces it may live.
    private bool IsWhole(RunRecord record, bool resume)
    {
        var whole = _directory.IsWhole(record);
        return whole || resume ? whole
            : throw new InputException($"{_directory.Root} holds a finished run of this spec that lacks scores or traces: add --resume to make them again.");
    }

    /// <summary>
    /// Draws per chain in all with which a finished run goes on that falls short of the reliability that it was asked for; null where it
    /// may not, or need not.
    /// </summary>
    public static int? NextDraws(RunSpec spec, RunRecord record)
    {
        // --draws bounds a run that stops by reliability.
        var most = spec.Draws ?? Math.Max(20_000, record.Settings.Draws);
        if (spec.TargetReliability is not { } wanted || record is not { State: "finished", Outlook.Reliability: var reached } || record.Settings.Draws >= most)
        {
            return null;
        }

        // The run may have ended with another target, or with none.
        var outlook = Outlook.Of(reached, wanted, record.Settings, 0, 0);
        return outlook.IsReached ? null : outlook.Next(record.Settings.Draws, most);
    }

    // What earlier processes and legs spent is kept in the sums.
    private static RunRecord Prepared(RunRecord record, double loading, double preparing)
    {
        var spent = record.Timings ?? new TimingRecord(0, 0, 0, 0, 0);
        return record with { Timings = spent with { LoadingSeconds = spent.LoadingSeconds + loading, PreparingSeconds = spent.PreparingSeconds + preparing } };
    }

    // Draws what is missing, and estimates.
    private RunRecord Advance(RunRecord record, TraceStore store, CancellationToken cancellation)
    {
        var (settings, plan, start) = (record.Settings, record.Plan, _clock.Elapsed.TotalSeconds);
        var before = Enumerable.Range(0, settings.Chains).Sum(store.CompleteDraws);
        var outcomes = Sample(settings, plan, store, cancellation);
        var sampling = _clock.Elapsed.TotalSeconds - start;
        var drawn = Enumerable.Range(0, settings.Chains).Sum(store.CompleteDraws) - before;
        var end = outcomes.FirstOrDefault(outcome => outcome.End == ChainEnd.Diverged)
            ?? outcomes.FirstOrDefault(outcome => outcome.End == ChainEnd.Interrupted);
        record = record with
        {
            Chains = outcomes,
            State = end?.End switch { ChainEnd.Diverged => "diverged", ChainEnd.Interrupted => "interrupted", _ => "finished" },
            Timings = record.Timings! with
            {
                SamplingSeconds = record.Timings.SamplingSeconds + sampling,
                DrawsPerSecond = drawn > 0 ? drawn / sampling : record.Timings.DrawsPerSecond,
            },
            PeakBytes = Peak(),
        };
        if (end?.End != ChainEnd.Interrupted)
        {
            try
            {
                record = Estimate(record, store, end);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                record = record with { State = "interrupted" };
            }
        }

        _directory.WriteRecord(record);
        return record;
    }

    // A new run: settings and layout of the work.
    private (SamplerSettings Settings, string Source, ExecutionPlan Plan) Prepare()
    {
        var chooser = new SettingsChooser(_spec, _model, _selection, _center, _train, _queryData.Count, Threads, message =>
        {
            if (message.IsWarning)
            {
                _warnings.Add(message.Message!);
            }

            _progress?.Report(message);
        });
        var choice = chooser.Choose(batch =>
        {
            _queries.Layout = _train.Layout;
            InitialLosses(batch);
            return _initialTrain!.Average(loss => (double)loss);
        });
        (_curvature, _preconditioner, _choice) = (choice.Curvature, choice.Preconditioner, choice);
        _kept = _spec.KeepDraws is { } budget ? PlanKept(budget, choice.Settings, null) : null;
        Arrange(choice.Plan);
        ProcessMemory.EndStage();
        return (choice.Settings, choice.Source, choice.Plan with { DrawsPerBlock = DrawsPerBlock(choice.SecondsPerDraw, choice.Settings.Draws) });
    }

    private void Arrange(ExecutionPlan plan) => _train.Layout = _queries.Layout = plan.Layout;

    private void InitialLosses(int batch)
    {
        if (_initialTrain is not null)
        {
            return;
        }

        Say(RunStage.Preparing, "evaluating the losses at the checkpoint");
        (_initialTrain, _initialQuery) = (new float[_data.Count], new float[_queryData.Count]);
        using var weights = _model.Bind(_selection, _center, null, _spec.ScalarPrecision);
        LossEvaluator.Evaluate(_model, weights, _train, batch, _initialTrain);
        LossEvaluator.Evaluate(_model, weights, _queries, batch, _initialQuery);
        StatePrecision(batch);
        if (Array.FindIndex(_initialTrain, loss => !float.IsFinite(loss)) is >= 0 and var bad)
        {
            throw new InputException($"The loss of training item {bad} at the checkpoint is {_initialTrain[bad]}: the model or the item is broken.");
        }
    }

    private float[] InitialTokens(DataFeed feed, int batch)
    {
        var tokens = new float[feed.TokenOffsets[^1]];
        using var weights = _model.Bind(_selection, _center, null, _spec.ScalarPrecision);
        LossEvaluator.EvaluateTokens(_model, weights, feed, batch, tokens);
        return tokens;
    }

    // About eight seconds or 16 MiB of losses in a block, so that little is lost and chunks stay handy.
    private int DrawsPerBlock(double secondsPerDraw, int draws)
        => (int)Math.Clamp(Math.Min(8 / secondsPerDraw, (16 << 20) / (4.0 * LossesPerDraw)), 1, Math.Min(draws, 256));

    private long LossesPerDraw => (long)_data.Count + _queryData.Count
        + (_tokens?.LossesPerDraw ?? 0);

    private IReadOnlyList<ChainOutcome> Sample(SamplerSettings settings, ExecutionPlan plan, TraceStore store, CancellationToken cancellation)
    {
        Say(RunStage.Sampling, $"{settings.Sampler}: epsilon {settings.Epsilon:G3}, nbeta {settings.Nbeta:G3}, gamma {settings.Gamma:G3}, "
            + $"{(settings.Batch == 0 ? "full batch" : $"batch {settings.Batch}")}, {settings.Chains} chains of {settings.Draws} draws, "
            + $"{settings.BurnIn} burn-in steps, {settings.Thin} steps per draw");
        Say(RunStage.Sampling, _kept is { } kept ? kept.Describe()
            : settings.Sampler == "laplace" ? "queries can be added later from the same draws, which follow from the seed: forward passes only"
            : "queries can be added later by replaying the chains, at about this run's cost; --keep-draws makes that cheap");
        using var offset = Offset(settings, plan);
        var runner = Runner(settings, plan, store, offset);
        return ChainGroup.Run(
            settings.Chains,
            plan,
            _center.device,
            (chain, stop) => runner.Run(
                chain,
                (draw, loss, rate) => _progress?.Report(new RunProgress(
                    RunStage.Sampling, Chain: new ChainProgress(chain, draw, settings.Draws, loss, rate))),
                stop),
            cancellation);
    }

    // The force that centring subtracts, or null.
    private Tensor? Offset(SamplerSettings settings, ExecutionPlan plan)
        => settings.Centered ? LossGradient.AtCheckpoint(_model, _selection, _center, _train, plan.GradientPiece) : null;

    private ChainRunner Runner(SamplerSettings settings, ExecutionPlan plan, TraceStore store, Tensor? offset)
    {
        var initial = store.ReadInitial().Train.Average(loss => (double)loss);
        var chance = ChanceLoss ?? 1;
        var remarks = 0;
        return new ChainRunner(
            _model, _train, _queries, store, settings, _preconditioner, plan, _selection, _center, offset, _directory.Chains, 100 * Math.Max(initial, chance))
        {
            Precision = _spec.ScalarPrecision,
            Kept = _kept is null ? null : new KeptDrawFiles(_directory.Draws, _kept, plan.DrawsPerBlock),
            Tokens = _tokens?.Target,

            // Every chain finds the same.
            Remark = text =>
            {
                if (Interlocked.Exchange(ref remarks, 1) == 0)
                {
                    Say(RunStage.Sampling, text);
                }
            },
        };
    }

    private RunRecord Estimate(RunRecord record, TraceStore store, ChainOutcome? diverged)
    {
        var start = _clock.Elapsed.TotalSeconds;
        var verdict = diverged is null
            ? null
            : Verdict.Diverged(diverged.Chain, diverged.Step, diverged.Loss, record.Settings.Epsilon, record.Settings.Nbeta);
        if (Enumerable.Range(0, record.Settings.Chains).Sum(store.CompleteDraws) < 4 && verdict is not null)
        {
            return record with { Verdict = verdict };
        }

        Say(RunStage.Estimating, "comparing with gradients");
        ProcessMemory.EndStage();
        set_num_threads(Threads);
        var cosine = GradientCosine.Compute(
            _model, _selection, _center, _train, _queries, 6, 48, _curvature as LowRankCurvature, record.Settings.Nbeta, record.Settings.Gamma);
        var before = _clock.Elapsed.TotalSeconds;
        using var control = Control(record.Settings, store);
        var controlSeconds = control is null ? 0 : _clock.Elapsed.TotalSeconds - before;
        var options = new AttributionOptions(_spec.ScoreCentering, Threads, cosine, ChanceLoss, control);
        var estimate = AttributionEstimator.Run(
            store, _directory.Scores, options, share => _progress?.Report(new RunProgress(RunStage.Estimating, Fraction: AfterControl(control, share))));
        if (estimate.Diagnostics.LowRankAgreement is { } closed)
        {
            Say(RunStage.Estimating, FormattableString.Invariant($"agreement with the noise-free low-rank influence: {closed:F2} (sampled queries and items)"));
        }

        MeasureResponses(record);
        var rounding = MeasureRounding(record, store);
        return record with
        {
            Rounding = rounding,
            Warnings = [.. record.Warnings.Union(_warnings)],
            Diagnostics = JsonSerializer.SerializeToElement(estimate.Diagnostics, RunRecord.Json),
            Verdict = verdict ?? estimate.Verdict,
            Outlook = Outlook.Of(
                estimate.Diagnostics.Reliability, _spec.TargetReliability ?? UsualReliability, record.Settings,
                record.Timings!.DrawsPerSecond, _data.Count + _queryData.Count, controlSeconds),
            Timings = record.Timings! with { EstimatingSeconds = record.Timings.EstimatingSeconds + _clock.Elapsed.TotalSeconds - start },
            PeakBytes = Peak(),
        };
    }

    // The first-order parts at the run's draws; null where the run does without.
    private FirstOrderControl? Control(SamplerSettings settings, TraceStore store)
    {
        if (!settings.FirstOrderControl)
        {
            return null;
        }

        Say(RunStage.Estimating, "first-order parts of all losses at the draws, whose noise is taken out of the scores");
        ProcessMemory.EndStage();
        new FirstOrderPass(_model, _selection, _center, _preconditioner, settings, _train, _queries).Complete(
            new FirstOrderFiles(_directory.FirstOrder), store, share => _progress?.Report(new RunProgress(RunStage.Estimating, Fraction: OfControl(share))));
        return FirstOrderControl.OpenIfThere(_directory.Root);
    }

    /// <summary>The share of estimating that is done while the control variate is made.</summary>
    internal static double OfControl(double share) => ControlShare * share;

    /// <summary>The same after it, where there is one.</summary>
    internal static double AfterControl(FirstOrderControl? control, double share) => control is null ? share : ControlShare + ((1 - ControlShare) * share);

    // The mean loss of a model that knows nothing, nats.
    private double? ChanceLoss => _model.Architecture is LanguageModel ? _model.ChanceLoss * _data.Text!.PredictedCount / _data.Count : _model.ChanceLoss;

    private string Identity(SamplerSettings settings) => SpecHash.Of(settings, _spec, _model.Hash, _data.Hash, _queryData.Hash, Version);

    private static string Version => typeof(AttributionRun).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    internal static DataRecord Describe(Dataset data) => new(data.Path, data.Format, data.Count, data.FirstIndex, data.Hash);

    internal static Device DeviceOf(string text)
    {
        Device device;
        try
        {
            device = new Device(text);
        }
        catch (Exception error) when (error is ArgumentException or FormatException)
        {
            throw new InputException($"--device \"{text}\" is no device: use cpu or cuda:N.", error);
        }

        return device.type == DeviceType.CPU || device.index < cuda.device_count()
            ? device
            : throw new InputException($"--device {text}: this libtorch sees {cuda.device_count()} CUDA devices; use --device cpu.");
    }

    internal static Tensor Select(Model model, ParameterSelection selection)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        return selection.IsAll
            ? model.Parameters.detach().DetachFromDisposeScope()
            : cat([.. model.Layout.Parameters.Where((_, index) => selection.Offset(index) is not null)
                .Select(spec => model.Parameters.narrow(0, spec.Offset, spec.Length))]).DetachFromDisposeScope();
    }

    private RunResult Result(RunRecord record, bool completed) => new(
        _directory.Root,
        completed,
        record.Verdict?.Name,
        record.Verdict is { } verdict ? verdict.Advice.Length > 0 ? $"{verdict.Reason}; {verdict.Advice}" : verdict.Reason : null,
        _clock.Elapsed.TotalSeconds,
        record.Timings?.DrawsPerSecond ?? 0,
        Peak(),
        record.Outlook,
        record.EffectiveDraws,
        record.NoiseConstant,
        record.Settings.FirstOrderControl);

    private long Peak() => _peakBytes = Math.Max(_peakBytes, ProcessMemory.PeakBytes);

    private void Say(RunStage stage, string? message, bool isWarning = false) => _progress?.Report(new RunProgress(stage, message) { IsWarning = isWarning });
}
