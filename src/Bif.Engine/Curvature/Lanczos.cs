using Bif.Kernels;
using static TorchSharp.torch;

namespace Bif.Engine.Curvature;

/// <summary>
/// The leading eigenpairs of a symmetric positive matrix given by its products, by Lanczos' method with full
/// reorthogonalisation (twice; Golub and Van Loan, section 10.3).
/// </summary>
internal static class Lanczos
{
    /// <summary>Finds up to <paramref name="rank"/> eigenpairs, largest first.</summary>
    /// <param name="multiply">The matrix times a vector [P].</param>
    /// <param name="like">A vector of the matrix's length and device.</param>
    /// <param name="rank">How many are wanted.</param>
    /// <param name="steps">Products to spend; at least the rank.</param>
    /// <param name="seed">Seed of the start vector.</param>
    /// <param name="progress">Receives the finished share.</param>
    /// <returns>Vectors [rank, P], orthonormal rows, and values [rank].</returns>
    public static (Tensor Vectors, double[] Values) Leading(Func<Tensor, Tensor> multiply, Tensor like, int rank, int steps, ulong seed, Action<double>? progress)
    {
        steps = (int)Math.Min(Math.Max(steps, rank), like.numel());
        using var scope = NewDisposeScope();
        var basis = empty([steps, like.numel()], device: like.device);
        var (alpha, beta) = (new double[steps], new double[steps]);
        var next = empty_like(like);
        LangevinStep.Normals(next, seed, uint.MaxValue, PhiloxPurpose.Curvature, 0);
        next.div_(next.norm());
        var found = 0;
        for (var step = 0; step < steps; step++)
        {
            using var inner = NewDisposeScope();
            basis.select(0, step).copy_(next);
            found = step + 1;
            var product = multiply(basis.select(0, step));
            using var noGradient = no_grad();
            alpha[step] = product.dot(basis.select(0, step)).item<float>();
            var known = basis.narrow(0, 0, found);
            for (var pass = 0; pass < 2; pass++)
            {
                product.sub_(known.transpose(0, 1).mv(known.mv(product)));
            }

            beta[step] = product.norm().item<float>();
            progress?.Invoke(found / (double)steps);

            // The products span an invariant space: everything there is has been found.
            if (beta[step] <= 1e-7 * Math.Max(Math.Abs(alpha[0]), alpha.Max()))
            {
                break;
            }

            next.copy_(product).div_(beta[step]);
        }

        using var none = no_grad();
        var tridiagonal = new double[found * found];
        for (var i = 0; i < found; i++)
        {
            tridiagonal[(i * found) + i] = alpha[i];
            if (i + 1 < found)
            {
                tridiagonal[(i * found) + i + 1] = tridiagonal[((i + 1) * found) + i] = beta[i];
            }
        }

        var (values, vectors) = linalg.eigh(tensor(tridiagonal, [found, found]));
        var kept = Math.Min(rank, found);
        var leading = vectors.narrow(1, found - kept, kept).flip(1).transpose(0, 1).to(like.device);
        var ascending = Enumerable.Range(0, found).Select(index => values.select(0, index).item<double>()).ToArray();

        // A copy, so that the steps beyond the rank take no memory for as long as the pairs are used.
        return (RowSpace.Combine(leading, basis.narrow(0, 0, found)).clone().DetachFromDisposeScope(), [.. ascending.Reverse().Take(kept).Select(value => Math.Max(0, value))]);
    }
}
