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
/// <param name="Threads">Tiles of items worked on at once.</param>
/// <param name="Cosine">Gradient cosines to compare with, or null.</param>
public sealed record AttributionOptions(Centering Centering, int Threads, GradientCosine? Cosine = null);
