using Bif.Engine.Baselines.Gradients;
using Bif.Engine.Curvature;
using Bif.Engine.Data;
using Bif.Engine.Models;
using static TorchSharp.torch;

namespace Bif.Engine.Runs;

/// <summary>
/// Cosines between loss gradients at w* for a sample of queries and training items. As γ/nβ grows the posterior
/// correlation tends to them (METHOD section 1): a run that agrees with them fully is over-localized.
/// </summary>
/// <param name="Queries">Indices of the sampled queries.</param>
/// <param name="Items">Indices of the sampled training items.</param>
/// <param name="Cosine">[queries, items].</param>
/// <param name="Influence">The low-rank damped influence g_iᵀ(nβF + γ)⁻¹g_q, nats² [queries, items], where leading directions of F are known: what the covariance tends to at low temperature without noise.</param>
public sealed record GradientCosine(int[] Queries, int[] Items, double[,] Cosine, double[,]? Influence)
{
    /// <summary>Computes the cosines for evenly spaced queries and items; memory is a handful of gradients.</summary>
    public static GradientCosine Compute(
        Model model, ParameterSelection selection, Tensor center, DataFeed train, DataFeed queries, int maxQueries, int maxItems,
        LowRankCurvature? curvature = null, double nbeta = 0, double gamma = 0)
    {
        var queryIndices = SampledGradients.Spread(queries.Count, maxQueries);
        var itemIndices = SampledGradients.Spread(train.Count, maxItems);
        using var outer = NewDisposeScope();
        using var gradients = new SampledGradients(model, selection, center);
        var directions = queryIndices.Select(query => gradients.Direction(queries, query)).ToList();
        var cosine = new double[queryIndices.Length, itemIndices.Length];
        var influence = curvature is null || !(gamma > 0) ? null : new double[queryIndices.Length, itemIndices.Length];
        for (var column = 0; column < itemIndices.Length; column++)
        {
            using var scope = NewDisposeScope();
            var item = gradients.Direction(train, itemIndices[column]);
            for (var row = 0; row < directions.Count; row++)
            {
                cosine[row, column] = directions[row].Unit.dot(item.Unit).item<float>();
                if (influence is not null)
                {
                    influence[row, column] = directions[row].Length * item.Length * curvature!.DampedProduct(directions[row].Unit, item.Unit, nbeta, gamma);
                }
            }
        }

        return new GradientCosine(queryIndices, itemIndices, cosine, influence);
    }
}
