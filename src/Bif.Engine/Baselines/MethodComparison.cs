using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Bif.Engine.Arrays;
using Bif.Engine.Attribution;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Runs;
using static TorchSharp.torch;

namespace Bif.Engine.Baselines;

/// <summary>
/// Comparison methods on a run's checkpoint, items and parameters. Each leaves <c>RUN/baselines/NAME.npy</c>, scores
/// [query, item] in the sense of <c>scores/bif.npy</c> (negative = helpful), and <c>NAME.json</c>; what is there already and
/// was computed with the same settings is not computed again.
/// </summary>
public sealed class MethodComparison : IDisposable
{
    private readonly RunDirectory _run;
    private readonly RunRecord _record;
    private readonly Model _model;
    private readonly Dataset _trainData;
    private readonly Dataset _queryData;
    private readonly DataFeed _train;
    private readonly DataFeed _queries;
    private readonly ParameterSelection _selection;
    private readonly Tensor _center;
    private readonly MethodOptions _options;
    private readonly float[]? _bif;

    /// <summary>Opens a run's checkpoint and items.</summary>
    /// <param name="run">The run; it need not be finished.</param>
    /// <param name="options">What the person set.</param>
    /// <param name="threads">CPU threads.</param>
    /// <exception cref="InputException">The checkpoint or the items are not the run's any more.</exception>
    public MethodComparison(RunDirectory run, MethodOptions options, int threads)
    {
        (_run, _record, _options) = (run, run.ReadRecord(), options);
        set_num_threads(threads);
        var device = AttributionRun.DeviceOf(_record.Device);
        _model = RecordedInputs.Model(run, _record, device);
        _trainData = RecordedInputs.Train(run, _record, _model);
        _queryData = RecordedInputs.Queries(run, _record, _model);
        _train = new DataFeed(_trainData, _model.Input, device);
        _queries = new DataFeed(_queryData, _model.Input, device);
        _selection = ParameterSelection.Matching(_model.Layout, [.. _record.Spec.Parameters]);
        _center = AttributionRun.Select(_model, _selection);
        var bif = ScoreFiles.PathOf(run.Scores, ScoreFiles.Bif);
        _bif = File.Exists(bif) ? NpyFile.Read<float>(bif).Values : null;
    }

    /// <summary>Where the scores lie.</summary>
    public string Folder => Path.Combine(_run.Root, "baselines");

    /// <summary>Computes one method's scores, or finds them there.</summary>
    /// <param name="method">Its name in the catalog, also with a setting (<see cref="MethodVariant"/>), which wins over the options.</param>
    /// <param name="progress">Receives the finished share, or null.</param>
    /// <param name="cancellation">Ends the work; nothing half-written is left.</param>
    /// <exception cref="InputException">There is no such method, or it cannot be used here.</exception>
    public ComparisonResult Compute(string method, IProgress<double>? progress, CancellationToken cancellation)
    {
        var variant = MethodVariant.Parse(method);
        var chosen = AttributionMethodCatalog.Create(variant.Method);
        var context = new MethodContext(
            _model, _selection, _center, _trainData, _queryData, _train, _queries,
            _record.Settings.Nbeta, _record.Settings.Gamma, Math.Max(1, _record.Plan.GradientPiece), variant.Damping is { } damping ? _options with { Damping = damping } : _options) { Folder = Folder };
        var settings = chosen.Settings(context);
        var hash = HashOf(variant.Method, settings);
        var (scoreFile, recordFile) = (ScoreFiles.PathOf(Folder, method), Path.Combine(Folder, method + ".json"));
        if (Read(recordFile) is { } known && known.Hash == hash && File.Exists(scoreFile))
        {
            return new ComparisonResult(known, Reused: true, Compare(NpyFile.Read<float>(scoreFile).Values));
        }

        var clock = Stopwatch.StartNew();
        var scores = chosen.Score(context, progress, cancellation);
        var bad = Array.FindIndex(scores.Values, value => !float.IsFinite(value));
        if (bad >= 0)
        {
            throw new InputException(
                $"{method} gave {scores.Values[bad]} for query {bad / _train.Count} and item {bad % _train.Count}: the gradients at this checkpoint are beyond float32, or a damping is too small.");
        }

        var record = new ComparisonRecord
        {
            Method = method,
            Seconds = clock.Elapsed.TotalSeconds + scores.ReusedSeconds,
            ForwardPasses = scores.ForwardPasses,
            BackwardPasses = scores.BackwardPasses,
            Settings = settings,
            Hash = hash,
            Remark = scores.Remark,
        };
        Directory.CreateDirectory(Folder);
        File.Delete(recordFile);
        NpyFile.Write<float>(scoreFile, [_queries.Count, _train.Count], scores.Values);
        RunDirectory.Replace(recordFile, JsonSerializer.Serialize(record, RunRecord.Json) + "\n");
        return new ComparisonResult(record, Reused: false, Compare(scores.Values));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _train.Dispose();
        _queries.Dispose();
        _trainData.Dispose();
        _queryData.Dispose();
        _center.Dispose();
        _model.Dispose();
    }

    private Agreement? Compare(float[] scores) => _bif is null || _bif.Length != scores.Length ? null : Agreement.Of(_bif, scores, _train.Count);

    private string HashOf(string method, IReadOnlyDictionary<string, object> settings) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        JsonSerializer.Serialize(
            new { method, settings, _record.Spec.Parameters, model = _model.Hash, data = _trainData.Hash, queries = _queryData.Hash, version = 1 },
            RunRecord.Json))));

    // A record that cannot be read is no record: the method is computed anew.
    private static ComparisonRecord? Read(string file)
    {
        try
        {
            return File.Exists(file) ? JsonSerializer.Deserialize<ComparisonRecord>(File.ReadAllText(file), RunRecord.Json) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>A method's scores and how they compare with the run's.</summary>
/// <param name="Record">Cost and settings.</param>
/// <param name="Reused">Whether they were there already.</param>
/// <param name="WithBif">Agreement with the run's own scores; null while it has none.</param>
public sealed record ComparisonResult(ComparisonRecord Record, bool Reused, Agreement? WithBif);
