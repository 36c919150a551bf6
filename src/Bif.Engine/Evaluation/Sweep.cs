using System.Text.Json;
using Bif.Engine.Arrays;
using Bif.Engine.Attribution;
using Bif.Engine.Runs;
using Bif.Engine.Sampling;

namespace Bif.Engine.Evaluation;

/// <summary>
/// Runs around the calibrated setting, to see what the scores depend on: damping, temperature, and what shows the bias that split halves
/// of one run share: half the step for chains, chains on the posterior itself for independent draws. First every point gets a few draws; points that then are usable get
/// the rest, added to the same runs.
/// </summary>
/// <param name="spec">The run to vary.</param>
/// <param name="directory">Where the points' runs go.</param>
/// <param name="progress">Receives reports of the calibration, each point as it comes up with its progress and its warnings, or null.</param>
public sealed class Sweep(RunSpec spec, string directory, IProgress<RunProgress>? progress)
{
    // Share of the draws that every point gets first.
    private const int FirstPart = 4;
    private const int FewestDraws = 32;
    private static readonly string[] Unusable = ["diverged", "over-localized"];
    private readonly HashSet<SweepPoint> _refused = [];

    /// <summary>Runs all points; an interrupted sweep goes on when it is called again.</summary>
    /// <param name="points">The points; the centre is added if it is missing.</param>
    /// <param name="cancellation">Ends after the current block of draws.</param>
    /// <returns>Results in the points' order; fewer if interrupted.</returns>
    public IReadOnlyList<SweepResult> Run(IReadOnlyList<SweepPoint> points, CancellationToken cancellation)
    {
        try
        {
            return RunAll(points, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return [];
        }
    }

    private static bool IsIndependent(SamplerSettings settings) => settings.Sampler == "laplace";

    private IReadOnlyList<SweepResult> RunAll(IReadOnlyList<SweepPoint> points, CancellationToken cancellation)
    {
        var calibrated = Calibrated(cancellation);
        IReadOnlyList<SweepPoint> all = [.. points.Prepend(SweepPoint.Center).Distinct().Where(point => point.Chains ? IsIndependent(calibrated) : point.Step == 1 || !IsIndependent(calibrated))];
        var first = Math.Min(calibrated.Draws, Math.Max(FewestDraws, calibrated.Draws / FirstPart));
        foreach (var draws in new[] { first, calibrated.Draws })
        {
            foreach (var (index, point) in all.Index())
            {
                var known = Record(point);
                if (cancellation.IsCancellationRequested)
                {
                    return [];
                }

                if (known?.State == "finished" && (known.Settings.Draws >= draws || Unusable.Contains(known.Verdict?.Name)))
                {
                    continue;
                }

                if (known?.State != "diverged" && !_refused.Contains(point))
                {
                    Execute(point, $"{index + 1} of {all.Count}", calibrated, draws, resume: known is not null, cancellation);
                }
            }
        }

        return [.. all.Select(point => Describe(point, calibrated))];
    }

    // The calibration is kept, so that a sweep that goes on varies the same setting.
    private SamplerSettings Calibrated(CancellationToken cancellation)
    {
        var file = Path.Combine(directory, "calibrated.json");
        if (File.Exists(file))
        {
            return JsonSerializer.Deserialize<SamplerSettings>(File.ReadAllText(file), RunRecord.Json)!;
        }

        var settings = AttributionRun.Calibrate(spec, progress, cancellation).Settings;
        Directory.CreateDirectory(directory);
        RunDirectory.Replace(file, JsonSerializer.Serialize(settings, RunRecord.Json));
        return settings;
    }

    private void Execute(SweepPoint point, string place, SamplerSettings calibrated, int draws, bool resume, CancellationToken cancellation)
    {
        var (nbeta, gamma, epsilon) = point.Of(calibrated);
        progress?.Report(new RunProgress(RunStage.Preparing, $"point {place}: {point.Name}, {draws:N0} draws per chain"));
        var run = spec with
        {
            Sampler = point.Chains ? "baoab" : calibrated.Sampler,
            Preconditioner = calibrated.Preconditioner,
            Nbeta = nbeta,
            Gamma = gamma,
            Epsilon = IsIndependent(calibrated) ? null : epsilon,
            Start = point.Chains ? "laplace" : spec.Start,
            FirstOrderControl = point.Chains ? null : spec.FirstOrderControl,

            // Without coordinates friction follows γ.
            Friction = spec.Friction ?? (calibrated.Preconditioner == "none" || point.Chains ? null : calibrated.Friction),
            Batch = calibrated.Batch,
            BurnIn = point.Chains ? spec.BurnIn : calibrated.BurnIn,
            Thin = calibrated.Thin,
            Chains = calibrated.Chains,
            Draws = draws,
            Centered = calibrated.Centered,
            KeepDraws = null,
            TargetReliability = null,
        };
        try
        {
            AttributionRun.Execute(run, PathOf(point), resume, progress is null ? null : new Quiet(progress), cancellation);
        }
        catch (InputException error) when (point != SweepPoint.Center && Record(point) is null)
        {
            // Others need not be lost for a setting that cannot be run.
            _refused.Add(point);
            progress?.Report(new RunProgress(RunStage.Preparing, $"{point.Name} is left out: {error.Message}") { IsWarning = true });
        }
    }

    private SweepResult Describe(SweepPoint point, SamplerSettings calibrated)
    {
        if (Record(point) is not { } record)
        {
            var (nbeta, gamma, epsilon) = point.Of(calibrated);
            return new SweepResult(point, nbeta, gamma, epsilon, 0, "refused", null, null, null, null, null);
        }

        var center = Record(SweepPoint.Center)!;
        var (reliability, other) = (record.Diagnostic("reliability"), center.Diagnostic("reliability"));
        var agreement = point == SweepPoint.Center ? 1 : Agreement(point);
        return new SweepResult(
            point,
            record.Settings.Nbeta,
            record.Settings.Gamma,
            record.Settings.Epsilon,
            record.Settings.Draws,
            record.Verdict?.Name ?? record.State,
            reliability,
            record.Diagnostic("top_overlap"),
            record.Diagnostic("gradient_cosine_agreement_corrected") ?? record.Diagnostic("gradient_cosine_agreement"),
            agreement,
            point == SweepPoint.Center ? 1 : agreement is { } value && reliability > 0.05 && other > 0.05 ? Math.Min(1, value / Math.Sqrt(reliability.Value * other.Value)) : null);
    }

    // Median over queries of the correlation of BIF scores over items.
    private double? Agreement(SweepPoint point)
    {
        var (mine, center) = (ScoresOf(point), ScoresOf(SweepPoint.Center));
        if (!File.Exists(mine) || !File.Exists(center))
        {
            return null;
        }

        var queries = NpyFile.ReadShape<float>(center)[0];
        var correlations = new List<double>();
        for (var query = 0L; query < queries; query++)
        {
            var (x, y) = (NpyFile.ReadRow<float>(mine, query), NpyFile.ReadRow<float>(center, query));
            double meanX = x.Average(), meanY = y.Average(), xy = 0, xx = 0, yy = 0;
            for (var item = 0; item < x.Length; item++)
            {
                xy += (x[item] - meanX) * (y[item] - meanY);
                xx += (x[item] - meanX) * (x[item] - meanX);
                yy += (y[item] - meanY) * (y[item] - meanY);
            }

            if (xx > 0 && yy > 0)
            {
                correlations.Add(xy / Math.Sqrt(xx * yy));
            }
        }

        return correlations.Count == 0 ? null : correlations.Order().ElementAt(correlations.Count / 2);
    }

    private RunRecord? Record(SweepPoint point)
    {
        var run = new RunDirectory(PathOf(point));
        return File.Exists(run.RecordFile) ? run.ReadRecord() : null;
    }

    private string PathOf(SweepPoint point) => Path.Combine(directory, point.Name);

    private string ScoresOf(SweepPoint point) => ScoreFiles.PathOf(new RunDirectory(PathOf(point)).Scores, ScoreFiles.Bif);

    // How far a run is, and its warnings; what else it says was said by the calibration.
    private sealed class Quiet(IProgress<RunProgress> progress) : IProgress<RunProgress>
    {
        public void Report(RunProgress value)
        {
            if (value.Message is null || value.IsWarning)
            {
                progress.Report(value);
            }
        }
    }
}
