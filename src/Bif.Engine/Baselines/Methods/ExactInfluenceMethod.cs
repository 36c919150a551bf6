using System.Globalization;
using Bif.Engine.Baselines.Gradients;
using Bif.Engine.Models;
using static TorchSharp.torch;

namespace Bif.Engine.Baselines.Methods;

/// <summary>
/// The exact damped influence function g_qᵀ(nβ·F + γ)⁻¹g_i, nats², F the Gauss-Newton matrix of the mean loss at w*: what the
/// covariance tends to at low temperature (METHOD section 1). Its damping is the run's own γ/nβ, so that it can be laid beside
/// the run's scores, whose scale it has. Three routes: F itself for few parameters, the Gram matrix of the root Jacobian
/// (Woodbury) for few items, conjugate gradients for few queries.
/// </summary>
[AttributionMethod("exact", "exact damped influence, with the run's damping gamma/nbeta")]
internal sealed class ExactInfluenceMethod : IAttributionMethod
{
    // A matrix of doubles of this edge takes 134 MB.
    private const long DenseParameters = 4096;
    // A Gram matrix of this edge takes 576 MB, and as much again while it is factorised.
    private const long GramRows = 12_000;
    // The root Jacobian that may be held where factors do not do: 2 GiB.
    private const long HeldElements = 1L << 29;
    // Items times queries times steps of conjugate gradients, hours of work.
    private const double MostProducts = 2e7;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, object> Settings(MethodContext context)
        => new Dictionary<string, object> { ["nbeta"] = context.Nbeta, ["gamma"] = context.Gamma };

    /// <inheritdoc/>
    public ComparisonScores Score(MethodContext context, IProgress<double>? progress, CancellationToken cancellation)
    {
        if (!(context.Gamma > 0 && context.Nbeta > 0))
        {
            throw new InputException($"exact takes its damping gamma/nbeta from the run, which has gamma = {context.Gamma} and nbeta = {context.Nbeta}: both must be above 0.");
        }

        using var source = new GradientSource(context);
        var columns = Columns(context);
        var rows = (long)context.Train.Count * (columns ?? long.MaxValue / context.Train.Count);
        var (scores, route) = columns is { } count && context.Center.numel() <= DenseParameters
                ? (new DenseInfluence(context, source, count).Scores(progress, cancellation), "the dense Gauss-Newton matrix")
            : rows <= GramRows && (source.HoldsLittle || rows * context.Center.numel() <= HeldElements)
                ? (new GramInfluence(context, source, columns!.Value).Scores(progress, cancellation), "the Gram matrix of the root Jacobian (Woodbury)")
            : (Iterated(context, source, progress, cancellation), "conjugate gradients per query");
        return new ComparisonScores(
            scores.Values, source.ForwardPasses + scores.ForwardPasses, source.BackwardPasses + scores.BackwardPasses,
            string.Create(CultureInfo.InvariantCulture, $"by {route}, damping gamma/nbeta = {context.Gamma / context.Nbeta:G3}"));
    }

    // Columns of the root of an item's output curvature; null where an item has one set for each of its tokens.
    private static int? Columns(MethodContext context)
    {
        if (context.Model.Objective != Objective.CrossEntropy)
        {
            return context.Model.Objective == Objective.HalfSquaredError ? 1 : null;
        }

        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var weights = context.Model.Bind(context.Selection, context.Center, null);
        return (int)context.Model.Outputs(weights, context.Train.Range(0, 1)).shape[1];
    }

    private static InfluenceScores Iterated(MethodContext context, GradientSource source, IProgress<double>? progress, CancellationToken cancellation)
    {
        var products = (double)context.Train.Count * context.Queries.Count * IteratedInfluence.MostSteps;
        if (context.Model.Config.ModelType == "torchscript" || products > MostProducts)
        {
            throw new InputException(string.Create(CultureInfo.InvariantCulture,
                $"exact is not affordable here: {context.Center.numel():N0} parameters, {context.Train.Count:N0} items and {context.Queries.Count:N0} queries; it takes up to {DenseParameters:N0} parameters, or up to {GramRows:N0} items times classes, or few queries (items times queries up to {MostProducts / IteratedInfluence.MostSteps:N0}; not for TorchScript modules)."));
        }

        return new IteratedInfluence(context, source).Scores(progress, cancellation);
    }
}

/// <summary>Scores of a route, and the passes that it took beside those of the gradients.</summary>
/// <param name="Values">[query, item], negative = helpful.</param>
/// <param name="ForwardPasses">Forward passes of one item each.</param>
/// <param name="BackwardPasses">Backward passes of one item each.</param>
internal sealed record InfluenceScores(float[] Values, double ForwardPasses = 0, double BackwardPasses = 0);
