using Bif.Engine.Baselines.Gradients;
using Bif.Engine.Models;
using Bif.Engine.Sampling.Preconditioners;
using Bif.Kernels;
using static TorchSharp.torch;

namespace Bif.Engine.Curvature;

/// <summary>F's leading eigenpairs; everything orthogonal to them counts as flat.</summary>
public sealed class LowRankCurvature : CurvatureEstimate
{
    private readonly Tensor _vectors;
    private readonly Tensor _values;

    /// <summary>Takes the pairs; they are detached from the caller's scope.</summary>
    /// <param name="vectors">Orthonormal rows [k, P].</param>
    /// <param name="values">Eigenvalues [k], largest first.</param>
    /// <param name="trace">An estimate of the trace of the whole matrix.</param>
    public LowRankCurvature(Tensor vectors, Tensor values, double trace)
    {
        _vectors = vectors.DetachFromDisposeScope();
        _values = values.DetachFromDisposeScope();
        Trace = trace;
    }

    /// <inheritdoc/>
    public override string Name => "lowrank";

    /// <summary>Trace of the whole matrix.</summary>
    public double Trace { get; }

    /// <summary>Finds the pairs: by <see cref="JacobianRange"/> for convolutional networks and language models, else by <see cref="Lanczos"/>.</summary>
    public static LowRankCurvature Measure(CurvatureSource source, int rank, Action<double>? progress)
    {
        using var scope = NewDisposeScope();
        rank = (int)Math.Min(rank, source.Center.numel());
        var (vectors, values) = Leading(source, rank, share => progress?.Invoke(0.95 * share));

        // What the pairs were found in is as large as they are themselves.
        ProcessMemory.EndStage();
        var trace = DiagonalCurvature.Diagonal(source, 4, null).sum().item<float>();
        return new LowRankCurvature(vectors, tensor(values.Select(value => (float)value).ToArray()).to(source.Center.device), trace)
        {
            Remark = $"{values.Length} leading directions of the Gauss-Newton matrix from {source.Count:N0} items hold {Math.Min(1, values.Sum() / Math.Max(trace, 1e-30)):P0} of its trace",
        };
    }

    private static (Tensor Vectors, double[] Values) Leading(CurvatureSource source, int rank, Action<double> progress)
    {
        if (source.Model.Config.ModelType != "torchscript")
        {
            using var gradients = new GradientSource(source.Model, source.Selection, source.Center, source.Feed);
            if ((gradients.HasConvolutions || source.Model.Objective == Objective.NextToken) && !gradients.HasSlow)
            {
                return new JacobianRange(source, gradients, gradients.Columns).Leading(rank, progress);
            }
        }

        using var matrix = new GaussNewton(source);
        return Lanczos.Leading(matrix.Multiply, source.Center, rank, rank + Math.Max(20, rank / 2), source.Seed, progress);
    }

    /// <summary>Number of directions k.</summary>
    public int Rank => (int)_values.shape[0];

    /// <summary>The eigenvalues found, then as many of a third of the last as make up the rest of the trace.</summary>
    public override double[] Eigenvalues()
    {
        using var scope = NewDisposeScope();
        double[] found = [.. Enumerable.Range(0, Rank).Select(index => (double)_values.select(0, index).item<float>())];
        var each = found[^1] / 3;
        var rest = Math.Max(0, Trace - found.Sum());
        var count = each > 0 ? Math.Min(rest / each, _vectors.shape[1] - Rank) : 0;
        return [.. found, .. Enumerable.Repeat(each, (int)count)];
    }

    /// <summary>xᵀ(nβF + γ)⁻¹y with F's leading part: (x·y − Σ λ/(λ + γ/nβ)·(v·x)(v·y))/γ.</summary>
    public double DampedProduct(Tensor x, Tensor y, double nbeta, double gamma)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var share = _values / (_values + (gamma / nbeta));
        var projected = (_vectors.mv(x) * _vectors.mv(y) * share).sum().item<float>();
        return (x.dot(y).item<float>() - projected) / gamma;
    }

    /// <inheritdoc/>
    public override Preconditioner ToPreconditioner(double nbeta, double gamma) => new LowRankPreconditioner(_vectors, _values, nbeta, gamma);

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Tensor Value)> Tensors()
        => [("vectors", _vectors), ("values", _values), ("trace", tensor([(float)Trace]))];

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _vectors.Dispose();
        _values.Dispose();
    }
}
