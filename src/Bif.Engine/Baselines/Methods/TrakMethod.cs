using System.Globalization;
using Bif.Engine.Models;
using static TorchSharp.torch;

namespace Bif.Engine.Baselines.Methods;

/// <summary>
/// TRAK (Park et al. 2023, arXiv 2303.14186): φ_qᵀ(ΦᵀΦ)⁻¹φ_i averaged over checkpoints, times the average of Q_i, with φ the
/// randomly projected gradient of the margin f = log p/(1 − p) of the right class and Q = 1 − p. Of a text f is summed and
/// Q averaged over tokens. Regression: f the prediction, Q the residual, of the query as well.
/// </summary>
[AttributionMethod("trak", "TRAK with random projections, of one or several checkpoints")]
internal sealed class TrakMethod : IAttributionMethod
{
    private const int MostDimensions = 2048;
    // Relative to the mean eigenvalue of ΦᵀΦ: keeps a matrix of deficient rank invertible, changes nothing else.
    private const double Ridge = 1e-6;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, object> Settings(MethodContext context) => new Dictionary<string, object>
    {
        ["projection_dim"] = Dimension(context), ["seed"] = context.Options.Seed, ["checkpoints"] = context.Options.Checkpoints,
    };

    /// <inheritdoc/>
    public ComparisonScores Score(MethodContext context, IProgress<double>? progress, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var (inner, weights, asked, forward, backward) = (
            zeros([context.Queries.Count, context.Train.Count], float64, context.Device),
            zeros([context.Train.Count], float64, context.Device), zeros([context.Queries.Count], float64, context.Device), 0.0, 0.0);
        var checkpoints = context.Options.Checkpoints.Count + 1;
        for (var index = 0; index < checkpoints; index++)
        {
            using var piece = NewDisposeScope();
            using var other = index == 0 ? null : Open(context, context.Options.Checkpoints[index - 1]);
            using var center = other is null ? null : Runs.AttributionRun.Select(other, context.Selection);
            var place = other is null ? context : context with { Model = other, Center = center! };
            var part = progress is null ? null : new Part(progress, index, checkpoints);
            using var features = new TrakFeatures(place, Dimension(context));
            var (train, q) = features.Of(context.Train, part, cancellation);
            var (queries, qq) = features.Of(context.Queries, null, cancellation);
            using var noGradient = no_grad();
            inner.add_(Kernel(train, queries));
            weights.add_(q);
            asked.add_(qq);
            (forward, backward) = (forward + features.ForwardPasses, backward + features.BackwardPasses);
        }

        using var none = no_grad();
        inner.mul_(weights).mul_(1.0 / ((double)checkpoints * checkpoints));
        if (context.Model.Objective == Objective.HalfSquaredError)
        {
            inner.mul_(asked.unsqueeze(1).mul(1.0 / checkpoints));
        }

        var matrix = new ScoreMatrix(context.Queries.Count, context.Train.Count);
        matrix.Write(0, 0, inner);
        return new ComparisonScores(matrix.Values, forward, backward, string.Create(
            CultureInfo.InvariantCulture,
            $"{Dimension(context):N0} random projections of {context.Center.numel():N0} parameters, {checkpoints} checkpoint{(checkpoints == 1 ? "" : "s")}"));
    }

    // φ_qᵀ(ΦᵀΦ)⁻¹φ_i [queries, items] in double precision.
    private static Tensor Kernel(Tensor train, Tensor queries)
    {
        var square = train.t().matmul(train);
        square.diagonal().add_(Ridge * square.trace().item<double>() / square.shape[0]);
        var factor = linalg.cholesky(square);
        var solved = linalg.solve_triangular(factor.t(), linalg.solve_triangular(factor, queries.t(), upper: false), upper: true);
        return solved.t().matmul(train.t());
    }

    private static int Dimension(MethodContext context) => context.Options.ProjectionDimension
        ?? (int)Math.Max(1, Math.Min(Math.Min(MostDimensions, context.Train.Count / 2), context.Center.numel()));

    private static Model Open(MethodContext context, string path)
    {
        var model = Model.Load(path, context.Device);
        var same = model.Layout.Parameters.Select(each => (each.Name, each.Length)).SequenceEqual(context.Model.Layout.Parameters.Select(each => (each.Name, each.Length)));
        if (same)
        {
            return model;
        }

        model.Dispose();
        throw new InputException($"--checkpoints {path} has other parameters than the run's checkpoint {context.Model.Path}: give checkpoints of the same architecture.");
    }

    // One checkpoint's share of the progress.
    private sealed class Part(IProgress<double> progress, int index, int count) : IProgress<double>
    {
        public void Report(double value) => progress.Report((index + value) / count);
    }
}
