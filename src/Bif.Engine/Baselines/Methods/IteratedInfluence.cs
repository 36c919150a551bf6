using Bif.Engine.Baselines.Gradients;
using Bif.Engine.Curvature;
using static TorchSharp.torch;

namespace Bif.Engine.Baselines.Methods;

/// <summary>g_qᵀ(nβ·F + γ)⁻¹g_i by conjugate gradients for each query, with products of the Gauss-Newton matrix that is never formed.</summary>
internal sealed class IteratedInfluence(MethodContext context, GradientSource source)
{
    /// <summary>Steps per query at most.</summary>
    public const int MostSteps = 100;

    // Of the residual's length to the gradient's: below what float32 products carry nothing is gained.
    private const double Tolerance = 1e-4;

    /// <summary>The scores.</summary>
    public InfluenceScores Scores(IProgress<double>? progress, CancellationToken cancellation)
    {
        using var matrix = new GaussNewton(new CurvatureSource(
            context.Model, context.Selection, context.Center, context.Train, 0, context.Piece, context.Options.Seed));
        var products = 0.0;
        var scores = GradientPairs.Scores(
            context,
            source,
            queries =>
            {
                var directions = queries.Flat();
                for (var query = 0; query < queries.Count; query++)
                {
                    directions.select(0, query).copy_(Solve(matrix, directions.select(0, query).clone(), ref products, cancellation));
                }

                return items => directions.matmul(items.Flat().t());
            },
            flat: true,
            progress,
            cancellation);

        // A product is one forward pass and three backward ones: to the parameters, through that, and the last.
        return new InfluenceScores(scores, products * context.Train.Count, 3 * products * context.Train.Count);
    }

    private Tensor Solve(GaussNewton matrix, Tensor right, ref double products, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var (solution, residual, direction) = (zeros_like(right), right.clone(), right.clone());
        var start = Squared(residual);
        var length = start;
        for (var step = 0; step < MostSteps && length > Tolerance * Tolerance * start; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            var image = Product(matrix, direction);
            products++;
            var advance = length / direction.dot(image).item<float>();
            solution.add_(direction * advance);
            residual.sub_(image * advance);
            var next = Squared(residual);
            direction.mul_(next / length).add_(residual);
            length = next;
        }

        return solution.MoveToOuterDisposeScope();
    }

    private Tensor Product(GaussNewton matrix, Tensor vector)
    {
        using var gradient = enable_grad();
        var product = matrix.Multiply(vector);
        using var none = no_grad();
        return product.mul_(context.Nbeta).add_(vector * context.Gamma);
    }

    private static double Squared(Tensor vector) => vector.dot(vector).item<float>();
}
