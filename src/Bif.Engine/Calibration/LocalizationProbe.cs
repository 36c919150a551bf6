using Bif.Engine.Attribution;
using Bif.Engine.Baselines.Gradients;
using Bif.Engine.Curvature;
using Bif.Engine.Data;
using Bif.Engine.Sampling.Preconditioners;
using static TorchSharp.torch;

namespace Bif.Engine.Calibration;

/// <summary>
/// How far Kronecker factors turn scores away from gradient cosines at a damping r: the correlations of items' first-order parts under
/// the Gaussian, g_iᵀ(K + r)⁻¹g_j/√(g_iᵀ(K + r)⁻¹g_i · g_jᵀ(K + r)⁻¹g_j), beside the cosines of the same gradients, for a sample of
/// training items. Both are the same where r is above all curvature.
/// </summary>
/// <param name="source">The checkpoint and its items.</param>
internal sealed class LocalizationProbe(CurvatureSource source)
{
    private const int MostAsked = 12;
    private const int MostAnswering = 96;
    private const int LeastItems = 16;

    /// <summary>
    /// Agreement at each damping: Pearson's correlation between both over pairs of items; null where there are too few items to tell, or too
    /// few whose gradient does not vanish.
    /// </summary>
    /// <param name="curvature">The factors.</param>
    /// <param name="dampings">r, per unit of the mean loss.</param>
    public double[]? Agreements(KroneckerCurvature curvature, IReadOnlyList<double> dampings)
    {
        if (source.Feed.Count < LeastItems)
        {
            return null;
        }

        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var coordinates = curvature.ToPreconditioner(1, dampings.Max());
        var eigenvalues = tensor(curvature.Eigenvalues().Select(value => (float)value).ToArray()).to(source.Center.device);
        using var gradients = new SampledGradients(source.Model, source.Selection, source.Center);

        // Evenly spread, some of the asked among the answering.
        var sample = SampledGradients.Spread(source.Feed.Count, MostAsked + MostAnswering);
        var count = sample.Length;
        var asked = Math.Min(MostAsked, count / 4);
        int[] places = [.. Enumerable.Range(0, asked).Select(index => (index * count / asked) + 1)];
        var others = empty([asked, source.Center.numel()], device: source.Center.device);
        for (var row = 0; row < asked; row++)
        {
            using var inner = NewDisposeScope();
            others.select(0, row).copy_(Rotated(gradients, coordinates, sample[places[row]]));
        }

        var own = Enumerable.Range(0, asked).Select(row => Seen(others.select(0, row))).ToList();
        var answers = Enumerable.Range(0, count).Except(places).Select(place =>
        {
            using var inner = NewDisposeScope();
            return Seen(Rotated(gradients, coordinates, sample[place]));
        }).Where(item => item.Own[^1] > 0).ToList();

        // Products with all the asked under each damping, none at last, and the item's own.
        (double[][] Products, double[] Own) Seen(Tensor item)
        {
            var (products, squares) = (new List<double[]>(), new List<double>());
            foreach (var damping in dampings.Append(double.PositiveInfinity))
            {
                using var inner = NewDisposeScope();
                var under = double.IsInfinity(damping) ? item : item / (eigenvalues + damping);
                products.Add(others.mv(under).Doubles());
                squares.Add(under.dot(item).item<float>());
            }

            return ([.. products], [.. squares]);
        }

        // Over all pairs: rows of single items, with few of their kind among the answering, differ too much.
        double[] Cosines(int under) => [.. Enumerable.Range(0, asked).Where(row => own[row].Own[^1] > 0).SelectMany(row => answers.Select(item => item.Products[under][row] / Math.Sqrt(item.Own[under] * own[row].Own[under])))];
        var plain = Cosines(dampings.Count);
        double[] agreements = [.. Enumerable.Range(0, dampings.Count).Select(under => Diagnosis.Correlation(Cosines(under), plain))];
        return plain.Length >= LeastItems && agreements.All(double.IsFinite) ? agreements : null;
    }

    // The direction of an item's gradient in the factors' coordinates, 0 where it vanishes; in the caller's scope.
    private Tensor Rotated(SampledGradients gradients, Preconditioner coordinates, int item)
    {
        var (rotated, _) = gradients.Direction(source.Feed, item);
        coordinates.PullBack(rotated, rotated, 1, 0);
        return rotated;
    }
}
