namespace Bif.Engine.Attribution;

/// <summary>The health of a run, as written into run.json. Losses in nats.</summary>
/// <param name="Draws">Recorded draws over all chains.</param>
/// <param name="Chains">Chains with draws.</param>
/// <param name="EssMeanLoss">Effective sample size of the mean training loss.</param>
/// <param name="EssItemLoss">Median effective sample size of item and query losses.</param>
/// <param name="EssProducts">Effective sample size of products of losses, which is what covariances see.</param>
/// <param name="RhatMeanLoss">Split R̂ of the mean training loss.</param>
/// <param name="RhatQueriesMedian">Median split R̂ over queries.</param>
/// <param name="RhatQueriesMax">Largest split R̂ over queries.</param>
/// <param name="Drift">Correlation of the mean training loss with the draw's number, averaged over chains.</param>
/// <param name="LagOneAutocorrelation">Lag-1 autocorrelation of the mean training loss.</param>
/// <param name="InitialTrainLoss">L(w*).</param>
/// <param name="MeanTrainLoss">Mean of L over all draws.</param>
/// <param name="BetweenWithinVariance">Variance of chain means over the mean variance within chains, of the mean loss.</param>
/// <param name="CommonModeFraction">Var(Σℓ)/(n·ΣVar(ℓ)): 1/n if items are independent, 1 if all move as one.</param>
/// <param name="NoiseFloor">Correlation that chance alone would reach in the best of n items.</param>
/// <param name="QueriesAboveFloor">Share of queries whose best proponent lies above the noise floor.</param>
/// <param name="MedianTopCorrelation">Median over queries of the best proponent's correlation.</param>
/// <param name="TopOverlap">Median over queries of the share of the ten best that two halves of the run agree on.</param>
/// <param name="Reliability">Spearman-Brown reliability of random subset sums, mean over queries.</param>
/// <param name="LdsNoiseFactor">√Reliability: the factor by which Monte Carlo noise lowers an LDS.</param>
/// <param name="NoiseConstant">T0, the effective draws at which half of a subset sum's variance is noise.</param>
/// <param name="GradientCosineAgreement">Median correlation of scores with gradient cosines, or null if not computed.</param>
/// <param name="ConstantTrainItems">Training items whose loss never changed; their correlations are reported as 0.</param>
/// <param name="ConstantQueries">Queries whose loss never changed.</param>
public sealed record Diagnostics(
    int Draws,
    int Chains,
    double EssMeanLoss,
    double EssItemLoss,
    double EssProducts,
    double RhatMeanLoss,
    double RhatQueriesMedian,
    double RhatQueriesMax,
    double Drift,
    double LagOneAutocorrelation,
    double InitialTrainLoss,
    double MeanTrainLoss,
    double BetweenWithinVariance,
    double CommonModeFraction,
    double NoiseFloor,
    double QueriesAboveFloor,
    double MedianTopCorrelation,
    double TopOverlap,
    double Reliability,
    double LdsNoiseFactor,
    double NoiseConstant,
    double? GradientCosineAgreement,
    int ConstantTrainItems,
    int ConstantQueries);
