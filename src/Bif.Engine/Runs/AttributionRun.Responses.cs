using System.Diagnostics;
using Bif.Engine.FirstOrder;

namespace Bif.Engine.Runs;

/// <content>Responses of query tokens, which take the noise out of their scores.</content>
public sealed partial class AttributionRun
{
    private const double LeastResponseSeconds = 60;
    // The first are slower than the others: they wait for what all share.
    private const int TokensToWarmUp = 2;
    private const int TokensToJudgeBy = 6;

    // Of all query tokens, where that takes no longer than half of the sampling did; else people ask for those that they look at.
    private void MeasureResponses(RunRecord record)
    {
        if (_tokens is null || ResponseMeasurement.WhyNot(record) is not null)
        {
            return;
        }

        var count = _queries.TokenOffsets[^1];
        var (most, clock) = (Math.Max(LeastResponseSeconds, (record.Timings?.SamplingSeconds ?? 0) / 2), new Stopwatch());
        Say(RunStage.Estimating, $"first-order responses of {count:N0} query tokens, whose scores then have no noise");
        var pass = new ResponsePass(
            _model, _selection, _center, _preconditioner, record.Settings.Gamma, _tokens.Feed, _queries, record.Plan);
        pass.Measure(
            new ResponseFiles(_directory.Responses),
            [.. Enumerable.Range(0, count)],
            done => _progress?.Report(new RunProgress(RunStage.Estimating, Fraction: (double)done / count)),
            done =>
            {
                if (done == TokensToWarmUp)
                {
                    clock.Start();
                }

                var expected = clock.Elapsed.TotalSeconds / Math.Max(1, done - TokensToWarmUp) * count;
                if (done < TokensToJudgeBy || expected <= most)
                {
                    return true;
                }

                Say(RunStage.Estimating, FormattableString.Invariant($"all of them would take {expected / 60:F0} min: bif tokens RUN --query Q --token T --noise-free measures those that are wanted, {expected / count:F1} s each"));
                return false;
            });
    }
}
