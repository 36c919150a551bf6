namespace Bif.Engine.Attribution;

/// <summary>The health of a run, as written into run.json. Losses in nats; NaN where something cannot be told.</summary>
public sealed record Diagnostics
{
    /// <summary>Recorded draws over all chains.</summary>
    public required int Draws { get; init; }

    /// <summary>Chains with at least two draws.</summary>
    public required int Chains { get; init; }

    /// <summary>Draws at which the mean training loss is not finite.</summary>
    public required int NonFiniteDraws { get; init; }

    /// <summary>Training items with a loss that is not finite at some draw; their scores are reported as 0.</summary>
    public required int NonFiniteItems { get; init; }

    /// <summary>Training items whose loss never changed; their scores are reported as 0.</summary>
    public required int ConstantTrainItems { get; init; }

    /// <summary>Queries whose loss never changed; their scores are reported as 0.</summary>
    public required int ConstantQueries { get; init; }

    /// <summary>Effective sample size of the mean training loss.</summary>
    public double EssMeanLoss { get; init; } = double.NaN;

    /// <summary>Median effective sample size of the losses of sampled items and queries.</summary>
    public double EssItemLoss { get; init; } = double.NaN;

    /// <summary>Smallest of them.</summary>
    public double EssItemLossMin { get; init; } = double.NaN;

    /// <summary>Whether the noise of the losses' first-order parts was taken out of the scores.</summary>
    public bool FirstOrderControl { get; init; }

    /// <summary>
    /// Median effective sample size of products of an item's and a query's loss, which is what covariances average. With
    /// <see cref="FirstOrderControl"/>, the independent draws that would give scores as exact: 1/SE² of nearly unrelated pairs.
    /// </summary>
    public double EssProducts { get; init; } = double.NaN;

    /// <summary>Autocorrelation of the mean training loss by lag in draws.</summary>
    public IReadOnlyDictionary<int, double> MeanLossAutocorrelation { get; init; } = new Dictionary<int, double>();

    /// <summary>Split R̂ of the mean training loss.</summary>
    public double RhatMeanLoss { get; init; } = double.NaN;

    /// <summary>Split R̂ over queries with variance.</summary>
    public Spread RhatQueries { get; init; } = Spread.None;

    /// <summary>Split R̂ over training items with variance.</summary>
    public Spread RhatItems { get; init; } = Spread.None;

    /// <summary>Share of queries with variance whose R̂ is above <see cref="Verdict.RhatLimit"/>.</summary>
    public double QueriesDisagreeing { get; init; } = double.NaN;

    /// <summary>Correlation of the mean training loss with the draw's number, mean over chains.</summary>
    public double Drift { get; init; } = double.NaN;

    /// <summary>The same by chain.</summary>
    public IReadOnlyList<double> DriftByChain { get; init; } = [];

    /// <summary>Standard deviation that <see cref="Drift"/> would have without drift: 1/√ESS of the detrended mean loss.</summary>
    public double DriftError { get; init; } = double.NaN;

    /// <summary>L(w*).</summary>
    public double InitialTrainLoss { get; init; } = double.NaN;

    /// <summary>Mean of L over all draws.</summary>
    public double MeanTrainLoss { get; init; } = double.NaN;

    /// <summary>Mean of L over the chains in each tenth of the draws: where the chains went.</summary>
    public IReadOnlyList<double> MeanTrainLossByTenth { get; init; } = [];

    /// <summary>Loss of a model that knows nothing, if it is known.</summary>
    public double? ChanceLoss { get; init; }

    /// <summary>Variance of chain means over the mean variance within chains, of the mean loss; 0 for one chain.</summary>
    public double BetweenWithinVariance { get; init; } = double.NaN;

    /// <summary>Var(Σℓ)/(n·ΣVar(ℓ)): 1/n if items are independent, 1 if all move as one.</summary>
    public double CommonModeFraction { get; init; } = double.NaN;

    /// <summary>Correlation that chance alone reaches in the best of n items at <see cref="EssProducts"/>.</summary>
    public double NoiseFloor { get; init; } = double.NaN;

    /// <summary>Share of queries with variance whose best proponent lies above the noise floor.</summary>
    public double QueriesAboveFloor { get; init; } = double.NaN;

    /// <summary>Median over queries with variance of the best proponent's correlation.</summary>
    public double MedianTopCorrelation { get; init; } = double.NaN;

    /// <summary>Median over queries with variance of the largest |correlation|.</summary>
    public double MedianExtremeCorrelation { get; init; } = double.NaN;

    /// <summary>Mean over queries with variance of the share of the ten best that two halves of the run agree on.</summary>
    public double TopOverlap { get; init; } = double.NaN;

    /// <summary>
    /// Spearman-Brown reliability of half-subset sums of covariances, median over queries with variance (Pearson, over all
    /// half subsets at once).
    /// </summary>
    public double Reliability { get; init; } = double.NaN;

    /// <summary>√Reliability: the factor by which Monte Carlo noise lowers an LDS.</summary>
    public double LdsNoiseFactor { get; init; } = double.NaN;

    /// <summary>
    /// T0 = Var(ℓ_q)·ΣVar(ℓ_i)/ΣCov², median over queries: the effective draws at which half of a subset sum's variance is
    /// noise. ∞ if the two halves of the run share no signal. With <see cref="FirstOrderControl"/>, so many of the run's own draws.
    /// </summary>
    public double NoiseConstant { get; init; } = double.NaN;

    /// <summary>Median over sampled queries of the correlation of scores with gradient cosines, or null if not computed.</summary>
    public double? GradientCosineAgreement { get; init; }

    /// <summary>
    /// Median over sampled queries of the correlation of covariances with the noise-free low-rank influence, where a run knows
    /// leading directions of the curvature: near the root of the reliability at low temperature.
    /// </summary>
    public double? LowRankAgreement { get; init; }

    /// <summary>
    /// The agreement without the scores' own noise, agreement/√(1 − SE²/Var), or null where noise is more than a fifth of
    /// their variance.
    /// </summary>
    public double? GradientCosineAgreementCorrected { get; init; }
}
