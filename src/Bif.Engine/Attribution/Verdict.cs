using Bif.Engine.Runs;

namespace Bif.Engine.Attribution;

/// <summary>Judges a run by its diagnostics; the first that applies wins.</summary>
public static class Verdict
{
    /// <summary>
    /// Split R̂ above which chains are said to disagree. A half chain worth e independent draws gives about √(1 + 1/e): 1.2
    /// means two to three draws, from which no covariance can be taken; 1.1, common for means, is reached by short healthy
    /// chains by chance.
    /// </summary>
    public const double RhatLimit = 1.2;

    /// <summary>Share of queries above <see cref="RhatLimit"/> at which the run as a whole is doubtful.</summary>
    public const double QueriesDisagreeingLimit = 0.1;

    /// <summary>|drift| from which it matters: its square, here 9 %, is the share of the variance that is trend.</summary>
    public const double DriftLimit = 0.3;

    /// <summary>|drift| that condemns a run even if its autocorrelation could explain it: a third of the variance is trend.</summary>
    public const double DriftAlways = 0.6;

    /// <summary>Standard deviations by which a drift must exceed what chance explains.</summary>
    public const double DriftSignificance = 3;

    /// <summary>Correlation of scores with gradient cosines above which the curvature plays no part.</summary>
    public const double OverLocalizedLimit = 0.98;

    /// <summary>Share of queries that need a proponent above the noise floor.</summary>
    public const double QueriesAboveFloorLimit = 0.5;

    /// <summary>
    /// Overlap of the two halves' top ten, and reliability, below which scores above the floor are still not reproducible;
    /// both must be below, since nearly equal items may trade places in a top ten.
    /// </summary>
    public const double ReproducibleLimit = 0.1;

    /// <summary>The verdict of a chain that stopped because its loss was not finite or exploded.</summary>
    public static VerdictRecord Diverged(int chain, long step, double loss, double epsilon, double nbeta) => new(
        "diverged",
        $"at step {step} of chain {chain} the mean loss became {loss:G4}",
        $"lower --epsilon (now {epsilon:G4}), or lower --nbeta (now {nbeta:G4}), or raise --gamma");

    /// <summary>Judges a run from its traces.</summary>
    public static VerdictRecord Of(Diagnostics run)
    {
        if (run.NonFiniteDraws > 0 || run.NonFiniteItems > 0)
        {
            return new(
                "diverged",
                $"losses are not finite at {run.NonFiniteDraws} draws ({run.NonFiniteItems} training items)",
                "lower --epsilon, or raise --gamma");
        }

        if (run.ChanceLoss is { } chance && run.InitialTrainLoss < chance && run.MeanTrainLossByTenth[^1] >= chance)
        {
            return new(
                "diverged",
                $"the mean training loss rose from {run.InitialTrainLoss:G3} to {run.MeanTrainLossByTenth[^1]:G3}, no better than guessing ({chance:G3})",
                "lower --epsilon, or raise --gamma or --nbeta so that chains stay near the checkpoint");
        }

        var drift = Math.Abs(run.Drift);
        if (drift > DriftAlways || drift > Math.Max(DriftLimit, DriftSignificance * run.DriftError))
        {
            return new(
                "still-drifting",
                $"the mean training loss still moves along the chains (correlation with time {run.Drift:F2}, from "
                + $"{run.MeanTrainLossByTenth[0]:G3} to {run.MeanTrainLossByTenth[^1]:G3} nats)",
                "raise --burn-in, or raise --gamma so that chains settle sooner");
        }

        return OfSettled(run);
    }

    private static VerdictRecord OfSettled(Diagnostics run)
    {
        if (run.RhatMeanLoss > RhatLimit || run.QueriesDisagreeing > QueriesDisagreeingLimit)
        {
            var who = run.Chains > 1 ? "the chains do not agree" : "the two halves of the chain do not agree";
            return new(
                "chains-disagree",
                $"{who} (split R-hat {run.RhatMeanLoss:F2} of the mean loss; above {RhatLimit} for {run.QueriesDisagreeing:P0} of the queries)",
                "raise --draws or --thin so that chains forget where they were, or raise --gamma");
        }

        var agreement = Math.Max(run.GradientCosineAgreement ?? 0, run.GradientCosineAgreementCorrected ?? 0);
        if (agreement >= OverLocalizedLimit)
        {
            return new(
                "over-localized",
                $"the scores cannot be told from gradient cosines (agreement {agreement:F3}): the curvature plays no part",
                "lower --gamma or raise --nbeta");
        }

        if (!(run.QueriesAboveFloor >= QueriesAboveFloorLimit))
        {
            return new(
                "too-noisy",
                double.IsNaN(run.QueriesAboveFloor)
                    ? "no query's loss ever changed"
                    : $"only {run.QueriesAboveFloor:P0} of the queries have a proponent above the noise floor {run.NoiseFloor:F3} "
                        + $"({run.EssProducts:F0} effective draws)",
                "raise --draws or --chains, or raise --epsilon while chains stay stable");
        }

        if (run.TopOverlap < ReproducibleLimit && run.Reliability < ReproducibleLimit)
        {
            return new(
                "too-noisy",
                $"two halves of the run agree on {run.TopOverlap:P0} of the ten best items; split-half reliability of subset sums is {run.Reliability:F2}",
                "raise --draws or --chains");
        }

        return new(
            "good",
            $"no drift ({run.Drift:F2}), R-hat {run.RhatMeanLoss:F2}, {run.QueriesAboveFloor:P0} of the queries have a proponent above the "
            + $"noise floor {run.NoiseFloor:F3}; split-half reliability of subset sums {run.Reliability:F2}",
            "");
    }
}
