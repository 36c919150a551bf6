using Bif.Engine.FirstOrder;
using Bif.Engine.Runs;

namespace Bif.Engine.Attribution;

/// <summary>How traces are centred before covariances are taken.</summary>
public enum Centering
{
    /// <summary>Each chain around its own mean: offsets between chains do not enter the score.</summary>
    PerChain,

    /// <summary>All draws around one mean: the published estimator.</summary>
    Pooled,
}

/// <summary>Options of the estimate.</summary>
/// <param name="Centering">How traces are centred.</param>
/// <param name="Threads">Blocks of items worked on at once.</param>
/// <param name="Cosine">Gradient cosines to compare with, or null.</param>
/// <param name="ChanceLoss">Mean loss of a model that knows nothing (ln of the number of classes), nats, or null.</param>
/// <param name="Control">First-order parts of the losses, whose noise is taken out of the scores; null for the draws alone.</param>
public sealed record AttributionOptions(
    Centering Centering = Centering.PerChain, int Threads = 1, GradientCosine? Cosine = null, double? ChanceLoss = null, FirstOrderControl? Control = null);
