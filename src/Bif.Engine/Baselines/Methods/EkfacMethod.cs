using System.Globalization;
using Bif.Engine.Baselines.Gradients;
using Bif.Engine.Curvature;
using static TorchSharp.torch;

namespace Bif.Engine.Baselines.Methods;

/// <summary>
/// Influence with eigenvalue-corrected Kronecker factors (EK-FAC; George et al. 2018, Grosse et al. 2023):
/// Σ over linear and convolution layers of g_qᵀ(F_l + d·λ̄_l)⁻¹g_i, λ̄_l the mean eigenvalue of the layer's block F_l and d the
/// damping. Labels are summed out (<see cref="KroneckerMeasurement"/>), not sampled. Parameters outside these layers are
/// left out.
/// </summary>
[AttributionMethod("ekfac", "influence with eigenvalue-corrected Kronecker factors")]
internal sealed class EkfacMethod : IAttributionMethod
{
    /// <inheritdoc/>
    public IReadOnlyDictionary<string, object> Settings(MethodContext context)
        => new Dictionary<string, object> { ["damping"] = context.Options.Damping, ["seed"] = context.Options.Seed };

    /// <inheritdoc/>
    public ComparisonScores Score(MethodContext context, IProgress<double>? progress, CancellationToken cancellation)
    {
        var part = progress is null ? null : new Share(progress);
        using var factors = EkfacFactors.Obtain(context, part is null ? null : share => part.Report(share), cancellation);
        part?.Advance();
        using var source = new GradientSource(context);
        var covered = factors.Layers.Sum(layer => layer.Length);
        var scores = GradientPairs.Scores(
            context,
            source,
            queries =>
            {
                var directions = Damped(queries.Flat(), factors.Layers, context.Options.Damping);
                return items => directions.matmul(items.Flat().t());
            },
            flat: true,
            part,
            cancellation);
        var left = context.Center.numel() - covered;
        var remark = factors.Remark + (left == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"; {left:N0} of {context.Center.numel():N0} parameters have no factors and are left out"));
        return new ComparisonScores(scores, source.ForwardPasses + factors.ForwardPasses, source.BackwardPasses + factors.BackwardPasses, remark)
        {
            ReusedSeconds = factors.ReusedSeconds,
        };
    }

    // (F + damping)⁻¹ applied to rows [items, P], layer by layer in its eigenbasis; 0 outside the layers.
    private static Tensor Damped(Tensor gradients, IReadOnlyList<KroneckerLayer> layers, double damping)
    {
        using var scope = NewDisposeScope();
        var result = zeros_like(gradients);
        foreach (var layer in layers)
        {
            using var inner = NewDisposeScope();
            var (count, rows, columns) = (gradients.shape[0], layer.Rows, layer.HasBias ? layer.Columns - 1 : layer.Columns);
            var weight = gradients.narrow(1, layer.Offset, rows * columns).view(count, rows, columns);
            var matrix = layer.HasBias ? cat([weight, gradients.narrow(1, layer.Offset + (rows * columns), rows).unsqueeze(2)], 2) : weight;
            var rotated = layer.OutputBasis.t().matmul(matrix).matmul(layer.InputBasis);
            // A layer without any curvature has no gradients either.
            rotated.div_(layer.Values + Math.Max(damping * layer.Values.mean().item<float>(), 1e-30));
            var solved = layer.OutputBasis.matmul(rotated).matmul(layer.InputBasis.t());
            result.narrow(1, layer.Offset, rows * columns).copy_(solved.narrow(2, 0, columns).reshape(count, rows * columns));
            if (layer.HasBias)
            {
                result.narrow(1, layer.Offset + (rows * columns), rows).copy_(solved.select(2, columns));
            }
        }

        return result.MoveToOuterDisposeScope();
    }

    // Progress in two halves: factors, then scores.
    private sealed class Share(IProgress<double> progress) : IProgress<double>
    {
        private double _base;

        public void Advance() => _base = 0.5;

        public void Report(double value) => progress.Report(_base + (0.5 * value));
    }
}
