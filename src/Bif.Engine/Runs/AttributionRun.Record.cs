using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Bif.Engine.Curvature;
using Bif.Engine.Sampling;
using Bif.Engine.Sampling.Kept;
using Bif.Engine.Traces;
using Bif.Kernels;

namespace Bif.Engine.Runs;

/// <content>The run directory: begun, recognised, continued.</content>
public sealed partial class AttributionRun
{
    private (SamplerSettings Settings, string Source, ExecutionPlan Plan) Recall(RunRecord earlier, bool resume)
    {
        // What the person left open takes the earlier run's answer, and so does what its sampler has no use for; what else they gave must agree with it.
        var sampler = earlier.Settings.Sampler;
        var wanted = earlier.Settings with
        {
            Sampler = _spec.Sampler ?? earlier.Settings.Sampler,
            Preconditioner = _spec.Preconditioner ?? earlier.Settings.Preconditioner,
            Friction = sampler == "baoab" ? _spec.Friction ?? earlier.Settings.Friction : earlier.Settings.Friction,
            Epsilon = sampler == "laplace" ? earlier.Settings.Epsilon : _spec.Epsilon ?? earlier.Settings.Epsilon,
            Rank = earlier.Settings.Preconditioner == "lowrank" && _spec.Rank is { } rank && rank != earlier.Spec.Rank ? rank : earlier.Settings.Rank,
            CurvatureItems = earlier.Settings.Preconditioner != "none" && _spec.CurvatureItems is { } items && items != earlier.Spec.CurvatureItems ? items : earlier.Settings.CurvatureItems,
            Nbeta = _spec.Nbeta ?? earlier.Settings.Nbeta,
            Gamma = _spec.Gamma ?? earlier.Settings.Gamma,
            Batch = _spec.Batch is { } batch ? batch >= _data.Count ? 0 : batch : earlier.Settings.Batch,
            Chains = _spec.Chains ?? earlier.Settings.Chains,
            Draws = _spec.TargetReliability is null ? _spec.Draws ?? earlier.Settings.Draws : earlier.Settings.Draws,
            BurnIn = _spec.BurnIn ?? earlier.Settings.BurnIn,
            Thin = _spec.Thin ?? earlier.Settings.Thin,
            Seed = _spec.Seed,
            Start = sampler == "baoab" ? _spec.Start : earlier.Settings.Start,
            Decay = sampler == "rmsprop" ? _spec.Decay : earlier.Settings.Decay,
            Stabilizer = sampler == "rmsprop" ? _spec.Stabilizer : earlier.Settings.Stabilizer,
            BiasCorrection = sampler == "rmsprop" ? _spec.BiasCorrection : earlier.Settings.BiasCorrection,
            FirstOrderControl = sampler == "laplace" ? _spec.FirstOrderControl ?? earlier.Settings.FirstOrderControl : earlier.Settings.FirstOrderControl,
            Centered = sampler == "laplace" ? earlier.Settings.Centered : _spec.Centered || (earlier.Settings.Centered && !earlier.Spec.Centered),
        };
        if (Identity(wanted with { Draws = earlier.Settings.Draws }) != earlier.Id || (_spec.LossRise is { } rise && rise != earlier.Spec.LossRise))
        {
            throw new InputException(
                $"{_directory.Root} holds a run of another spec (model, data or settings differ): choose another --out, or repeat its spec.");
        }

        if (_spec.PerToken != earlier.Spec.PerToken || !_spec.TokenItems.SequenceEqual(earlier.Spec.TokenItems))
        {
            throw new InputException(
                $"{_directory.Root} holds a run that traces {(earlier.Spec.PerToken ? earlier.Spec.TokenItems.Count == 0 ? "the tokens of all items" : "the tokens of other items" : "no tokens")}: choose another --out, or repeat its spec.");
        }

        if (_spec.PerToken && _spec.TokenPrecision != earlier.Spec.TokenPrecision)
        {
            throw new InputException(
                $"{_directory.Root} holds a run whose token traces are {earlier.Spec.TokenPrecision}: choose another --out, or --token-precision {earlier.Spec.TokenPrecision}.");
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

        _kept = earlier.Kept;
        if (_spec.KeepDraws is not null && earlier.Spec.KeepDraws is null)
        {
            Say(RunStage.Preparing, "--keep-draws has no effect here: draws are kept from the start of a run, and this one began without", isWarning: true);
        }

        if (earlier.Settings.Preconditioner != "none" && (grows || resume || _spec.TargetReliability is not null || earlier.State != "finished"))
        {
            _curvature = CurvatureEstimate.Load(_directory.Curvature, _center.device);
            _preconditioner = _curvature.ToPreconditioner(earlier.Settings.Nbeta, earlier.Settings.Gamma);
        }

        Arrange(earlier.Plan);
        return (earlier.Settings with { Draws = wanted.Draws }, earlier.SettingsSource, earlier.Plan);
    }

    // The record asks for the added draws before the traces have room for them, so that a crash in between is mended by --resume.
    private (TraceStore Store, RunRecord Record) Continue(RunRecord earlier, SamplerSettings settings)
    {
        var store = TraceStore.Open(_directory.Traces);
        if (settings.Draws > earlier.Settings.Draws)
        {
            RequireRoom(settings, settings.Draws - earlier.Settings.Draws);
            ThinKept(earlier, settings);
            earlier = earlier with
            {
                Id = Identity(settings),
                State = "running",
                Settings = settings,
                Kept = _kept,
                Spec = earlier.Spec with { Draws = settings.Draws },
            };
            _directory.WriteRecord(earlier);
            if (_kept is not null)
            {
                new KeptDrawFiles(_directory.Draws, _kept, earlier.Plan.DrawsPerBlock).DeleteOthers();
            }
            else if (Directory.Exists(_directory.Draws))
            {
                Directory.Delete(_directory.Draws, recursive: true);
            }
        }

        foreach (var (file, data) in new[] { (_directory.TrainItems, _data), (_directory.QueryItems, _queryData) })
        {
            if (!ItemTable.IsWhole(file, data.Count))
            {
                ItemTable.Of(data).Write(file);
            }
        }

        _tokens?.Require(_directory.Root, settings);
        _tokens?.Open(_directory, settings.Draws);
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
            SettingsReasons = _choice!.Reasons,
            AddedTemperature = _choice.AddedTemperature,
            Plan = plan,
            Kept = _kept,
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
        if (_tokens is not null)
        {
            Say(RunStage.Preparing, _tokens.Require(_directory.Root, settings));
        }

        RequireRoom(settings, settings.Draws);
        if (_kept is not null)
        {
            DiskSpace.Require(_directory.Root, _kept.Bytes, "The kept draws", "lower --keep-draws");
        }

        try
        {
            return (WriteNew(record), record);
        }
        catch
        {
            // Without its record a run cannot be continued: the next attempt is to find the folder as this one did.
            foreach (var path in new[] { _directory.Traces, Path.GetDirectoryName(_directory.TrainItems)!, _directory.TokenTraces }.Where(Directory.Exists))
            {
                Directory.Delete(path, recursive: true);
            }

            File.Delete(_directory.Curvature);
            if (Directory.Exists(_directory.Root) && !Directory.EnumerateFileSystemEntries(_directory.Root).Any())
            {
                Directory.Delete(_directory.Root);
            }

            throw;
        }
    }

    // The record comes last: where it is, the rest is whole.
    private TraceStore WriteNew(RunRecord record)
    {
        var (settings, plan, id) = (record.Settings, record.Plan, record.Id);
        Directory.CreateDirectory(_directory.Root);
        ItemTable.Of(_data).Write(_directory.TrainItems);
        ItemTable.Of(_queryData).Write(_directory.QueryItems);
        var shape = TraceShape.ChooseBlocks(settings.Chains, settings.Draws, _data.Count, _queryData.Count, settings.Thin, settings.BurnIn)
            with { DrawsPerBlock = plan.DrawsPerBlock };
        var store = TraceStore.Create(_directory.Traces, shape, new JsonObject { ["run_id"] = id });
        store.WriteInitial(_initialTrain!, _initialQuery!);
        _tokens?.Create(_directory, shape, id, feed => InitialTokens(feed ?? _queries, plan.EvaluationBatch));
        _curvature?.Save(_directory.Curvature);
        _directory.WriteRecord(record);
        return store;
    }
}
