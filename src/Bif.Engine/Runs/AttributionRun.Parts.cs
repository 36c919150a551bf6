using Bif.Engine.Attribution;
using Bif.Engine.Sampling;
using Bif.Engine.Traces;
using static TorchSharp.torch;

namespace Bif.Engine.Runs;

/// <content>
/// The same pipeline in parts that may be done by different processes on one storage: prepare once, sample each chain, estimate
/// once. The parts together give what <see cref="Execute(RunSpec, string, bool, IProgress{RunProgress}?, CancellationToken)"/> gives.
/// </content>
public sealed partial class AttributionRun
{
    /// <summary>
    /// Chooses the settings and writes a run directory without draws. One that is there already keeps its draws, and makes room
    /// for more where the spec asks for more, or for a reliability that the finished run falls short of.
    /// </summary>
    /// <param name="spec">What to do.</param>
    /// <param name="directory">The run directory; created if missing.</param>
    /// <param name="progress">Receives reports, or null.</param>
    /// <returns>The run's record.</returns>
    /// <exception cref="InputException">Bad input, or a directory with another run.</exception>
    public static RunRecord Prepare(RunSpec spec, string directory, IProgress<RunProgress>? progress)
    {
        var place = new RunDirectory(directory);
        using var run = new AttributionRun(spec, place, progress);
        if (File.Exists(place.RecordFile))
        {
            var earlier = place.ReadRecord();
            var (recalled, _, _) = run.Recall(earlier, resume: true);
            var wanted = recalled with { Draws = NextDraws(spec, earlier) ?? recalled.Draws };
            return wanted.Draws > earlier.Settings.Draws ? run.Continue(earlier, wanted).Record : earlier;
        }

        var (settings, source, plan) = run.Prepare();
        return run.Create(settings, source, plan).Record;
    }

    /// <summary>Samples one chain of a prepared run on the calling thread, from its last complete block to its end.</summary>
    /// <param name="directory">The run directory.</param>
    /// <param name="chain">Index of the chain.</param>
    /// <param name="progress">Receives reports, or null.</param>
    /// <param name="cancellation">Ends the chain after the block it is in.</param>
    /// <exception cref="InputException">There is no such run, or its model or data are no longer the same.</exception>
    public static ChainOutcome SampleChain(string directory, int chain, IProgress<RunProgress>? progress, CancellationToken cancellation)
    {
        var place = RunDirectory.Open(directory);
        var record = place.ReadRecord();
        using var run = new AttributionRun(record.Spec, place, progress);
        var (settings, _, plan) = run.Recall(record, resume: true);
        var (store, _) = run.Continue(record, settings);
        using var offset = run.Offset(settings, plan);
        set_num_threads(plan.ThreadsPerChain);
        return run.Runner(settings, plan, store, offset).Run(
            chain,
            (draw, loss, rate) => progress?.Report(new RunProgress(
                RunStage.Sampling, Chain: new ChainProgress(chain, draw, settings.Draws, loss, rate))),
            cancellation);
    }

    /// <summary>Computes the scores, errors, diagnostics and verdict of a run whose chains ended, and writes its record.</summary>
    /// <param name="directory">The run directory.</param>
    /// <param name="outcomes">How its chains ended.</param>
    /// <param name="samplingSeconds">Wall-clock time that sampling took since the run was prepared, or prepared again for more draws.</param>
    /// <param name="progress">Receives reports, or null.</param>
    /// <returns>The run's record, with its verdict.</returns>
    /// <exception cref="InputException">There is no such run, or there are too few draws.</exception>
    public static RunRecord Finish(string directory, IReadOnlyList<ChainOutcome> outcomes, double samplingSeconds, IProgress<RunProgress>? progress)
    {
        var place = RunDirectory.Open(directory);
        var record = place.ReadRecord();
        using var run = new AttributionRun(record.Spec, place, progress);
        run.Recall(record, resume: true);
        var store = TraceStore.Open(place.Traces);
        var diverged = outcomes.FirstOrDefault(outcome => outcome.End == ChainEnd.Diverged);
        var drawn = Enumerable.Range(0, record.Settings.Chains).Sum(store.CompleteDraws);

        // Draws may have been added to a run that had ended; one that has ended is here for a second time.
        var seconds = record.State == "running" ? samplingSeconds + (record.Timings?.SamplingSeconds ?? 0) : record.Timings?.SamplingSeconds ?? samplingSeconds;
        record = run.Estimate(
            record with
            {
                Chains = outcomes,
                State = diverged is null ? "finished" : "diverged",
                Timings = new TimingRecord(0, 0, seconds, 0, seconds > 0 ? drawn / seconds : 0),
            },
            store,
            diverged);
        place.WriteRecord(record);
        run.Say(RunStage.Done, null);
        return record;
    }

    /// <summary>Scores a run from the blocks that are complete so far, into another folder than the final scores'.</summary>
    /// <param name="directory">The run directory.</param>
    /// <param name="scores">Where the score files go.</param>
    /// <returns>What the scores are like, or null while there are too few draws.</returns>
    public static RunPreview? Preview(string directory, string scores)
    {
        var place = RunDirectory.Open(directory);
        var store = TraceStore.Open(place.Traces);
        if (Enumerable.Range(0, store.Shape.Chains).Max(store.CompleteDraws) < 8)
        {
            return null;
        }

        var record = place.ReadRecord();
        var centering = record.Spec.ScoreCentering;
        var diagnostics = AttributionEstimator.Run(store, scores, new AttributionOptions(centering, 1)).Diagnostics;
        var settings = record.Settings with { Draws = Math.Max(1, diagnostics.Draws / store.Shape.Chains) };
        var outlook = Outlook.Of(
            diagnostics.Reliability, record.Spec.TargetReliability ?? UsualReliability, settings, 0, store.Shape.TrainItems + store.Shape.QueryItems);
        return new(diagnostics.Draws, diagnostics.NoiseFloor, outlook, settings.FirstOrderControl);
    }
}
