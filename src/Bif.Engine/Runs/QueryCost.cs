namespace Bif.Engine.Runs;

/// <summary>What new queries of a finished run cost: known from its record alone, so that it can be said beforehand.</summary>
/// <param name="Way">kept, regenerated or replayed.</param>
/// <param name="Draws">Draws at which the queries' losses are needed.</param>
/// <param name="ForwardPasses">Evaluations of one item each.</param>
/// <param name="Seconds">About how long, at the run's own speed; an upper bound where draws are replayed.</param>
/// <param name="Sentence">The same in words.</param>
public sealed record QueryCost(string Way, long Draws, long ForwardPasses, double Seconds, string Sentence)
{
    /// <summary>Tells it.</summary>
    /// <param name="record">The run's record.</param>
    /// <param name="queries">How many are added.</param>
    public static QueryCost Of(RunRecord record, int queries)
    {
        var settings = record.Settings;
        var sampling = record.Timings?.SamplingSeconds ?? 0;
        var way = record.Kept is not null ? "kept" : settings.Sampler == "laplace" ? "regenerated" : "replayed";
        var draws = (record.Kept?.CountBefore(settings.Draws) ?? settings.Draws) * (long)settings.Chains;
        var forward = Math.Max(1, sampling * queries / Math.Max(1, record.Data.Count + record.Queries.Count));
        var passes = draws * queries;

        // The run's estimate was mostly that of first-order parts: one pass over the items' gradients of several is needed again.
        var isControlled = settings.FirstOrderControl && record.Kept is not { Every: > 1 };
        var gradients = isControlled ? (record.Timings?.EstimatingSeconds ?? 0) / 2 : 0;
        var also = isControlled ? ", and a few gradients of every training item for the control variate" : "";
        return way switch
        {
            "kept" => new(way, draws, passes, forward + gradients, $"the run kept {draws:N0} draws: {passes:N0} forward passes{also}, about {forward + gradients:F0} s"),
            "regenerated" => new(way, draws, passes, forward + gradients, $"the run's draws follow from its seed: {passes:N0} forward passes{also}, about {forward + gradients:F0} s"),
            _ => new(way, draws, passes, sampling, $"no draws were kept: replaying the run's {settings.Steps * settings.Chains:N0} steps, at most about {sampling:F0} s as the run took"),
        };
    }
}
