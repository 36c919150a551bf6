using System.Globalization;
using System.Runtime.InteropServices;
using Bif.Engine.Data;
using Bif.Engine.Sampling.Preconditioners;
using static TorchSharp.torch;

namespace Bif.Engine.Curvature;

/// <summary>
/// F as blocks, one per linear and convolution layer in the eigenbasis of its Kronecker factors, and a diagonal for every
/// other parameter (normalisation layers, biases apart, TorchScript modules).
/// </summary>
public sealed class KroneckerCurvature : CurvatureEstimate
{
    private readonly IReadOnlyList<KroneckerLayer> _layers;
    private readonly Tensor _diagonal;

    /// <summary>Takes the parts; they are detached from the caller's scope.</summary>
    /// <param name="layers">The layers with factors.</param>
    /// <param name="diagonal">F's diagonal [P], used outside the layers.</param>
    public KroneckerCurvature(IReadOnlyList<KroneckerLayer> layers, Tensor diagonal)
    {
        _layers = layers;
        _diagonal = diagonal.DetachFromDisposeScope();
        foreach (var layer in layers)
        {
            layer.InputBasis.DetachFromDisposeScope();
            layer.OutputBasis.DetachFromDisposeScope();
            layer.Values.DetachFromDisposeScope();
        }
    }

    /// <inheritdoc/>
    public override string Name => "kfac";

    /// <summary>The layers with factors.</summary>
    public IReadOnlyList<KroneckerLayer> Layers => _layers;

    /// <summary>Measures the factors, then Λ in their eigenbasis, then the diagonal of what is left.</summary>
    public static KroneckerCurvature Measure(CurvatureSource source, Action<double>? progress)
    {
        using var scope = NewDisposeScope();
        var measurement = new KroneckerMeasurement(source);
        var layers = measurement.Measure(share => progress?.Invoke(0.8 * share));
        var covered = layers.Sum(layer => layer.Length);
        var rest = source.Center.numel() - covered;
        var diagonal = rest == 0 ? zeros_like(source.Center) : DiagonalCurvature.Diagonal(source, 16, share => progress?.Invoke(0.8 + (0.2 * share)));
        var factors = $"Kronecker factors of {layers.Count} layers from {source.Count:N0} items ({measurement.LabelRule})";
        var others = string.Create(CultureInfo.InvariantCulture, $"{rest:N0} of {source.Center.numel():N0} parameters have no factors and use the diagonal");
        return new KroneckerCurvature(layers, diagonal)
        {
            Remark = rest == 0 ? factors : layers.Count > 0 ? $"{factors}; {others}"
                : $"no layer shows its inputs, so that there are no Kronecker factors: all {rest:N0} parameters use the diagonal, from {source.Count:N0} items",
        };
    }

    /// <summary>Puts saved tensors together.</summary>
    internal static KroneckerCurvature FromTensors(IReadOnlyDictionary<string, Tensor> tensors, string remark)
    {
        var layers = tensors.Keys.Where(name => name.EndsWith(".values", StringComparison.Ordinal)).Select(name =>
        {
            var parts = name.Split('.');
            var stem = name[..^".values".Length];
            return new KroneckerLayer(
                long.Parse(parts[0], CultureInfo.InvariantCulture), parts[1] == "bias", tensors[stem + ".inputs"], tensors[stem + ".outputs"], tensors[name]);
        });
        return new KroneckerCurvature([.. layers.OrderBy(layer => layer.Offset)], tensors["diagonal"]) { Remark = remark };
    }

    /// <inheritdoc/>
    public override double[] Eigenvalues()
    {
        using var scope = NewDisposeScope();
        var values = _diagonal.Doubles();
        foreach (var layer in _layers)
        {
            var part = MemoryMarshal.Cast<byte, float>(layer.Values.cpu().contiguous().bytes);
            for (var i = 0; i < part.Length; i++)
            {
                values[layer.Offset + i] = part[i];
            }
        }

        return values;
    }

    /// <inheritdoc/>
    public override Preconditioner ToPreconditioner(double nbeta, double gamma) => new KroneckerPreconditioner(_layers, _diagonal, nbeta, gamma);

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Tensor Value)> Tensors() => _layers.SelectMany(layer =>
    {
        var stem = string.Create(CultureInfo.InvariantCulture, $"{layer.Offset}.{(layer.HasBias ? "bias" : "plain")}");
        return new[] { (stem + ".inputs", layer.InputBasis), (stem + ".outputs", layer.OutputBasis), (stem + ".values", layer.Values) };
    }).Append(("diagonal", _diagonal));

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _diagonal.Dispose();
        foreach (var layer in _layers)
        {
            layer.Dispose();
        }
    }
}
