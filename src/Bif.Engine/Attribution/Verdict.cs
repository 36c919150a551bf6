using Bif.Engine.Runs;

namespace Bif.Engine.Attribution;

/// <summary>Judges a run by its diagnostics; the first that applies wins.</summary>
public static class Verdict
{
    /// <summary>Split R̂ above which chains are said to disagree; short chains reach 1.1 by chance.</summary>
    public const double RhatLimit = 1.2;

    /// <summary>|drift| above which, beyond what chance explains, a run is still drifting.</summary>
    public const double DriftLimit = 0.3;

    /// <summary>Correlation of scores with gradient cosines above which the curvature plays no part.</summary>
    public const double OverLocalizedLimit = 0.97;

    /// <summary>The verdict of a chain that stopped because its loss was not finite or exploded.</summary>
    public static VerdictRecord Diverged(int chain, long step, double loss, double epsilon, double nbeta) => new(
        "diverged",
        $"chain {chain} diverged at step {step}: its mean loss became {loss:G4}",
        $"lower --epsilon (now {epsilon:G4}), or lower --nbeta (now {nbeta:G4}), or raise --gamma");

    /// <summary>Judges a run that went to its end.</summary>
    public static VerdictRecord Of(Diagnostics diagnostics)
    {
        // Under stationarity the correlation with time has a standard deviation of about 1/√ESS.
        var chance = 3 / Math.Sqrt(Math.Max(diagnostics.EssMeanLoss, 1));
        if (diagnostics.Draws < 4)
        {
            return new("too-noisy", $"{diagnostics.Draws} draws are too few to estimate anything", "raise --draws");
        }

        if (Math.Abs(diagnostics.Drift) > DriftLimit + chance)
        {
            return new(
                "still-drifting",
                $"the mean training loss still moves along the chains (correlation with time {diagnostics.Drift:F2})",
                "raise --burn-in, or raise --gamma so that chains settle sooner");
        }

        if (diagnostics.RhatMeanLoss > RhatLimit || diagnostics.RhatQueriesMedian > RhatLimit)
        {
            return new(
                "chains-disagree",
                $"the chains do not agree (split R-hat {diagnostics.RhatMeanLoss:F2} of the mean loss, median {diagnostics.RhatQueriesMedian:F2} over queries)",
                "raise --burn-in or --draws, or raise --gamma");
        }

        if (diagnostics.GradientCosineAgreement is { } agreement && agreement >= OverLocalizedLimit)
        {
            return new(
                "over-localized",
                $"the scores cannot be told from gradient cosines (agreement {agreement:F3}): the curvature plays no part",
                "lower --gamma or raise --nbeta");
        }

        return diagnostics.QueriesAboveFloor < 0.5
            ? new(
                "too-noisy",
                $"only {diagnostics.QueriesAboveFloor:P0} of the queries have a proponent above the noise floor {diagnostics.NoiseFloor:F3}",
                "raise --draws or --chains")
            : new(
                "good",
                $"chains agree (R-hat {diagnostics.RhatMeanLoss:F2}), no drift, {diagnostics.QueriesAboveFloor:P0} of the queries have a proponent above the noise floor {diagnostics.NoiseFloor:F3}; split-half reliability of subset sums {diagnostics.Reliability:F2}",
                "");
    }
}
