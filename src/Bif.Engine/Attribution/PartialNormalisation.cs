using Bif.Engine.Arrays;

namespace Bif.Engine.Attribution;

/// <summary>
/// Scores between covariance and correlation: −Cov(ℓ_i, ℓ_q)/sd(ℓ_i)^α. α = 0 is BIF itself, which alone adds up over sets;
/// α = 1 ranks as the correlation does. Values between damp items whose loss varies most, which helped interpolating
/// networks and hurt a regularised one.
/// </summary>
public static class PartialNormalisation
{
    /// <summary>1/sd(ℓ_i)^α by item; 0 for a constant trace.</summary>
    /// <param name="scoresDirectory">A run's score files.</param>
    /// <param name="alpha">α, 0 to 1.</param>
    /// <exception cref="InputException">The variances are missing.</exception>
    public static float[] Weights(string scoresDirectory, double alpha)
        => [.. NpyFile.Read<double>(ScoreFiles.PathOf(scoresDirectory, ScoreFiles.ItemVariance)).Values
            .Select(variance => variance > 0 ? (float)Math.Pow(variance, -alpha / 2) : 0)];

    /// <summary>Multiplies a query's scores, and their errors, by the items' weights in place.</summary>
    public static void Apply(Span<float> scores, ReadOnlySpan<float> weights)
        => System.Numerics.Tensors.TensorPrimitives.Multiply(scores, weights, scores);
}
