using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Bif.Engine.Attribution;
using Bif.Engine.Curvature;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Sampling;
using Bif.Engine.Sampling.Preconditioners;
using Bif.Engine.Traces;
using Bif.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Bif.Engine.Runs;

/// <summary>The pipeline from a spec to a run directory.</summary>
public sealed class AttributionRun : IDisposable
{
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
    private IReadOnlyList<string> _reasons = [];
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
        _model = Model.Load(spec.Model, device);
        _data = DatasetLoader.Open(spec.Data, _model.Input, _model.TargetKind);
        _queryData = DatasetLoader.Open(spec.Queries, _model.Input, _model.TargetKind);
        _model.CheckData(_data);
        _model.CheckData(_queryData);
        _selection = ParameterSelection.Matching(_model.Layout, [.. spec.Parameters]);
        _center = Select(_model, _selection);
        _train = new DataFeed(_data, _model.Input, device);
        _queries = new DataFeed(_queryData, _model.Input, device);
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
    /// <param name="cancellation">Finishes the current block of draws, then returns with Completed = false.</param>
    /// <exception cref="InputException">Bad input; nothing half-written is left.</exception>
    public static RunResult Execute(
        RunSpec spec, string directory, bool resume, IProgress<RunProgress>? progress, CancellationToken cancellation)
    {
        var place = new RunDirectory(directory);
        if (Directory.Exists(place.Root) && Directory.EnumerateFileSystemEntries(place.Root).Any() && !File.Exists(place.RecordFile))
        {
            throw new InputException($"{directory} is not empty and holds no run: choose another --out.");
        }

        try
        {
            using var run = new AttributionRun(spec, place, progress);
            return run.Execute(resume, cancellation);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException(
                $"Writing to {directory} failed ({error.Message}); what was written is kept: mend the cause and continue with --resume.", error);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
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
        if (earlier?.State == "finished" && earlier.Settings.Draws == settings.Draws)
        {
            Say(RunStage.Done, "this run is already finished; nothing to do");
            return Result(earlier, completed: true);
        }

        var (store, record) = earlier is null ? Create(settings, source, plan) : Continue(earlier, settings);
        var preparing = _clock.Elapsed.TotalSeconds - loading;
        var before = Enumerable.Range(0, settings.Chains).Sum(store.CompleteDraws);
        var outcomes = Sample(settings, plan, store, cancellation);
        var sampling = _clock.Elapsed.TotalSeconds - loading - preparing;
        var drawn = Enumerable.Range(0, settings.Chains).Sum(store.CompleteDraws) - before;
        var end = outcomes.FirstOrDefault(outcome => outcome.End == ChainEnd.Diverged)
            ?? outcomes.FirstOrDefault(outcome => outcome.End == ChainEnd.Interrupted);
        record = record with
        {
            Chains = outcomes,
            State = end?.End switch { ChainEnd.Diverged => "diverged", ChainEnd.Interrupted => "interrupted", _ => "finished" },
            Timings = new TimingRecord(loading, preparing, sampling, 0, sampling > 0 ? drawn / sampling : 0),
            PeakBytes = Peak(),
        };
        if (end?.End == ChainEnd.Interrupted)
        {
            _directory.WriteRecord(record);
            return Result(record, completed: false);
        }

        record = Estimate(record, store, end);
        _directory.WriteRecord(record);
        Say(RunStage.Done, null);
        return Result(record, completed: true);
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
            InitialLosses(batch);
            return _initialTrain!.Average(loss => (double)loss);
        });
        (_curvature, _preconditioner, _reasons) = (choice.Curvature, choice.Preconditioner, choice.Reasons);
        ProcessMemory.ReleaseFreePages();
        return (choice.Settings, choice.Source, choice.Plan with { DrawsPerBlock = DrawsPerBlock(choice.SecondsPerDraw, choice.Settings.Draws) });
    }

    private void InitialLosses(int batch)
    {
        if (_initialTrain is not null)
        {
            return;
        }

        Say(RunStage.Preparing, "evaluating the losses at the checkpoint");
        (_initialTrain, _initialQuery) = (new float[_data.Count], new float[_queryData.Count]);
        using var weights = _model.Bind(_selection, _center, null);
        LossEvaluator.Evaluate(_model, weights, _train, batch, _initialTrain);
        LossEvaluator.Evaluate(_model, weights, _queries, batch, _initialQuery);
        if (Array.FindIndex(_initialTrain, loss => !float.IsFinite(loss)) is >= 0 and var bad)
        {
            throw new InputException($"The loss of training item {bad} at the checkpoint is {_initialTrain[bad]}: the model or the item is broken.");
        }
    }

    // About eight seconds or 16 MiB of losses in a block, so that little is lost and chunks stay handy.
    private int DrawsPerBlock(double secondsPerDraw, int draws)
        => (int)Math.Clamp(Math.Min(8 / secondsPerDraw, (16 << 20) / (4.0 * (_data.Count + _queryData.Count))), 1, Math.Min(draws, 256));

    private (SamplerSettings Settings, string Source, ExecutionPlan Plan) Recall(RunRecord earlier, bool resume)
    {
        // What the person left open takes the earlier run's answer; what they gave must agree with it.
        var wanted = earlier.Settings with
        {
            Sampler = _spec.Sampler ?? earlier.Settings.Sampler,
            Preconditioner = _spec.Preconditioner ?? earlier.Settings.Preconditioner,
            Friction = _spec.Friction ?? earlier.Settings.Friction,
            Epsilon = earlier.Settings.Sampler == "laplace" ? earlier.Settings.Epsilon : _spec.Epsilon ?? earlier.Settings.Epsilon,
            Nbeta = _spec.Nbeta ?? earlier.Settings.Nbeta,
            Gamma = _spec.Gamma ?? earlier.Settings.Gamma,
            Batch = _spec.Batch is { } batch ? batch >= _data.Count ? 0 : batch : earlier.Settings.Batch,
            Chains = _spec.Chains ?? earlier.Settings.Chains,
            Draws = _spec.Draws ?? earlier.Settings.Draws,
            BurnIn = _spec.BurnIn ?? earlier.Settings.BurnIn,
            Thin = _spec.Thin ?? earlier.Settings.Thin,
            Seed = _spec.Seed,
            Decay = earlier.Settings.Sampler == "rmsprop" ? _spec.Decay : earlier.Settings.Decay,
            Stabilizer = earlier.Settings.Sampler == "rmsprop" ? _spec.Stabilizer : earlier.Settings.Stabilizer,
            BiasCorrection = earlier.Settings.Sampler == "rmsprop" ? _spec.BiasCorrection : earlier.Settings.BiasCorrection,
            Centered = _spec.Centered || (earlier.Settings.Centered && !earlier.Spec.Centered),
        };
        if (Identity(wanted with { Draws = earlier.Settings.Draws }) != earlier.Id)
        {
            throw new InputException(
                $"{_directory.Root} holds a run of another spec (model, data or settings differ): choose another --out, or repeat its spec.");
        }

        if (wanted.Draws < earlier.Settings.Draws)
        {
            throw new InputException(
                $"{_directory.Root} has {earlier.Settings.Draws} draws per chain, more than --draws {wanted.Draws}: ask for more, or choose another --out.");
        }

        var grows = wanted.Draws > earlier.Settings.Draws;
        if (grows && !resume)
        {
            throw new InputException(
                $"{_directory.Root} holds a run of this spec with {earlier.Settings.Draws} draws per chain: add --resume to extend it to {wanted.Draws}.");
        }

        if (earlier.State != "finished" && !resume)
        {
            throw new InputException(
                $"{_directory.Root} holds an unfinished run of this spec ({earlier.State}): add --resume to continue it.");
        }

        if (earlier.Settings.Preconditioner != "none" && (grows || earlier.State != "finished"))
        {
            _curvature = CurvatureEstimate.Load(_directory.Curvature, _center.device);
            _preconditioner = _curvature.ToPreconditioner(earlier.Settings.Nbeta, earlier.Settings.Gamma);
        }

        return (earlier.Settings with { Draws = wanted.Draws }, earlier.SettingsSource, earlier.Plan);
    }

    // The record asks for the added draws before the traces have room for them, so that a crash in between is mended by --resume.
    private (TraceStore Store, RunRecord Record) Continue(RunRecord earlier, SamplerSettings settings)
    {
        var store = TraceStore.Open(_directory.Traces);
        if (settings.Draws > earlier.Settings.Draws)
        {
            earlier = earlier with
            {
                Id = Identity(settings),
                State = "running",
                Settings = settings,
                Spec = earlier.Spec with { Draws = settings.Draws },
            };
            _directory.WriteRecord(earlier);
        }

        return (store.Shape.Draws < settings.Draws ? store.Extend(settings.Draws) : store, earlier);
    }

    private (TraceStore Store, RunRecord Record) Create(SamplerSettings settings, string source, ExecutionPlan plan)
    {
        InitialLosses(plan.EvaluationBatch);
        var (train, query) = (_initialTrain!, _initialQuery!);
        var id = Identity(settings);
        var record = new RunRecord
        {
            Id = id,
            State = "running",
            Spec = _spec,
            Settings = settings,
            SettingsSource = source,
            SettingsReasons = _reasons,
            Plan = plan,
            Model = new ModelRecord(
                _spec.Model, _model.Config.ModelType, _model.Objective.ToString(), _model.Layout.ParameterCount, _selection.Count, _model.ClassCount, _model.Hash),
            Data = Describe(_data),
            Queries = Describe(_queryData),
            InitialTrainLoss = train.Average(loss => (double)loss),
            InitialQueryLoss = query.Average(loss => (double)loss),
            Device = _spec.Device,
            Versions = new VersionRecord(Version, Environment.Version.ToString(), TorchLibrary.Version, RuntimeInformation.OSDescription),
            Warnings = [.. _warnings],
        };
        Directory.CreateDirectory(_directory.Root);
        ItemTable.Of(_data).Write(_directory.TrainItems);
        ItemTable.Of(_queryData).Write(_directory.QueryItems);
        var shape = TraceShape.ChooseBlocks(settings.Chains, settings.Draws, _data.Count, _queryData.Count, settings.Thin, settings.BurnIn)
            with { DrawsPerBlock = plan.DrawsPerBlock };
        var store = TraceStore.Create(_directory.Traces, shape, new JsonObject { ["run_id"] = id });
        store.WriteInitial(train, query);
        _curvature?.Save(_directory.Curvature);
        _directory.WriteRecord(record);
        return (store, record);
    }

    private IReadOnlyList<ChainOutcome> Sample(SamplerSettings settings, ExecutionPlan plan, TraceStore store, CancellationToken cancellation)
    {
        Say(RunStage.Sampling, $"{settings.Sampler}: epsilon {settings.Epsilon:G3}, nbeta {settings.Nbeta:G3}, gamma {settings.Gamma:G3}, "
            + $"{(settings.Batch == 0 ? "full batch" : $"batch {settings.Batch}")}, {settings.Chains} chains of {settings.Draws} draws, "
            + $"{settings.BurnIn} burn-in steps, {settings.Thin} steps per draw");
        var initial = store.ReadInitial().Train.Average(loss => (double)loss);
        using var offset = settings.Centered ? GradientAtCheckpoint(plan) : null;
        var chance = _model.ClassCount is { } classes ? Math.Log(classes) : 1;
        var runner = new ChainRunner(
            _model, _train, _queries, store, settings, _preconditioner, plan, _selection, _center, offset, _directory.Chains, 100 * Math.Max(initial, chance));
        return ChainGroup.Run(
            settings.Chains,
            plan,
            (chain, stop) => runner.Run(
                chain,
                (draw, loss, rate) => _progress?.Report(new RunProgress(
                    RunStage.Sampling, Chain: new ChainProgress(chain, draw, settings.Draws, loss, rate))),
                stop),
            cancellation);
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
        ProcessMemory.ReleaseFreePages();
        set_num_threads(Threads);
        var cosine = GradientCosine.Compute(_model, _selection, _center, _train, _queries, 6, 48);
        double? chance = _model.ClassCount is { } classes ? Math.Log(classes) : null;
        var options = new AttributionOptions(_spec.Centering == "pooled" ? Centering.Pooled : Centering.PerChain, Threads, cosine, chance);
        var estimate = AttributionEstimator.Run(
            store, _directory.Scores, options, share => _progress?.Report(new RunProgress(RunStage.Estimating, Fraction: share)));
        return record with
        {
            Diagnostics = JsonSerializer.SerializeToElement(estimate.Diagnostics, RunRecord.Json),
            Verdict = verdict ?? estimate.Verdict,
            Timings = record.Timings! with { EstimatingSeconds = _clock.Elapsed.TotalSeconds - start },
            PeakBytes = Peak(),
        };
    }

    private Tensor GradientAtCheckpoint(ExecutionPlan plan)
    {
        var settings = new SamplerSettings("sgld", 0, 0, 0, 0, 1, 1, 0, 1, 0);
        using var state = new ChainState(0, 0, _center, SamplerCatalog.Create(settings, new NoPreconditioner()));
        using var weights = _model.Bind(_selection, state.Position, state.Gradient);
        new LossGradient(_model, weights, _train, 0, plan.GradientPiece).AddTo(state);
        using var noGradient = no_grad();
        return state.Gradient.clone().DetachFromDisposeScope();
    }

    private string Identity(SamplerSettings settings) => SpecHash.Of(settings, _spec, _model.Hash, _data.Hash, _queryData.Hash, Version);

    private static string Version => typeof(AttributionRun).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    private static DataRecord Describe(Dataset data) => new(data.Path, data.Format, data.Count, data.FirstIndex, data.Hash);

    private static Device DeviceOf(string text)
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

    private static Tensor Select(Model model, ParameterSelection selection)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        return selection.IsAll
            ? model.Parameters.clone().DetachFromDisposeScope()
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
        Peak());

    private long Peak() => _peakBytes = Math.Max(_peakBytes, ProcessMemory.PeakBytes);

    private void Say(RunStage stage, string? message) => _progress?.Report(new RunProgress(stage, message));
}
