using Bif.Engine.Checkpoints;
using Bif.Engine.Sampling.Preconditioners;
using static TorchSharp.torch;

namespace Bif.Engine.Curvature;

/// <summary>
/// An estimate of the Gauss-Newton matrix F of the mean loss at w*, of which the Hessian is approximated by: independent of
/// nβ and γ, kept beside the run so that a resumed run moves in the same coordinates.
/// </summary>
public abstract class CurvatureEstimate : IDisposable
{
    /// <summary>diagonal, kfac or lowrank: the name of the preconditioner that it makes.</summary>
    public abstract string Name { get; }

    /// <summary>What a person should know (parameters without factors, items used), in words; empty if nothing.</summary>
    public string Remark { get; init; } = "";

    /// <summary>Eigenvalues of the estimate, per unit of the mean loss; those left out are taken as 0.</summary>
    public abstract double[] Eigenvalues();

    /// <summary>The preconditioner for a target.</summary>
    public abstract Preconditioner ToPreconditioner(double nbeta, double gamma);

    /// <summary>d_eff(r) = Σ λ/(λ + r): how many directions the data rather than the prior decide.</summary>
    public double EffectiveDimension(double damping) => Eigenvalues().Sum(value => value / (value + damping));

    /// <summary>Writes it as a safetensors file, from the tensors' own memory where that is the host's.</summary>
    public void Save(string path)
    {
        using var scope = NewDisposeScope();
        SafetensorsFile.Write(
            path,
            Tensors().Select(entry => (entry.Name, entry.Value.shape, (ReadOnlyMemory<float>)new TensorMemory(entry.Value.cpu().contiguous()).Memory)),
            new Dictionary<string, string> { ["kind"] = Name, ["remark"] = Remark });
    }

    /// <summary>Estimates the curvature for a preconditioner.</summary>
    /// <param name="name">diagonal, kfac or lowrank.</param>
    /// <param name="source">What to measure.</param>
    /// <param name="rank">Directions, for lowrank.</param>
    /// <param name="progress">Receives the finished share.</param>
    public static CurvatureEstimate Measure(string name, CurvatureSource source, int rank, Action<double>? progress = null) => name switch
    {
        "diagonal" => DiagonalCurvature.Measure(source, progress),
        "kfac" => KroneckerCurvature.Measure(source, progress),
        "lowrank" => LowRankCurvature.Measure(source, rank, progress),
        _ => throw new InputException($"There is no preconditioner \"{name}\": choose none, diagonal, kfac or lowrank."),
    };

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="InputException">The file is damaged.</exception>
    public static CurvatureEstimate Load(string path, Device device)
    {
        using var file = SafetensorsFile.Open(path);
        using var scope = NewDisposeScope();
        var tensors = file.Names.ToDictionary(name => name, name => file.Read(name).to(device));
        var metadata = file.Metadata();
        var remark = metadata.GetValueOrDefault("remark", "");
        try
        {
            return metadata.GetValueOrDefault("kind") switch
            {
                "diagonal" => new DiagonalCurvature(tensors["diagonal"]) { Remark = remark },
                "kfac" => KroneckerCurvature.FromTensors(tensors, remark),
                "lowrank" => new LowRankCurvature(tensors["vectors"], tensors["values"], tensors["trace"].item<float>()) { Remark = remark },
                var kind => throw new InputException($"{path} holds a curvature of the unknown kind \"{kind}\"."),
            };
        }
        catch (KeyNotFoundException error)
        {
            throw new InputException($"{path} is not a curvature file of this version: delete it to measure anew.", error);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>What is saved.</summary>
    protected abstract IEnumerable<(string Name, Tensor Value)> Tensors();

    /// <summary>Releases the tensors.</summary>
    protected abstract void Dispose(bool disposing);
}
