using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Bif.Engine.Curvature;
using Bif.Engine.Retraining;
using Bif.Engine.Runs;
using static TorchSharp.torch;

namespace Bif.Engine.Baselines.Methods;

/// <summary>The Kronecker factors of all training items, measured once and kept in <c>RUN/baselines/ekfac</c> by hash.</summary>
internal sealed class EkfacFactors : IDisposable
{
    private readonly KroneckerCurvature _curvature;

    private EkfacFactors(KroneckerCurvature curvature, MethodCost cost, bool reused)
    {
        _curvature = curvature;
        (ForwardPasses, BackwardPasses) = (cost.ForwardPasses ?? 0, cost.BackwardPasses ?? 0);
        ReusedSeconds = reused ? cost.Seconds ?? 0 : 0;
        Remark = curvature.Remark + (reused ? ", reused" : "");
    }

    /// <summary>The layers.</summary>
    public IReadOnlyList<KroneckerLayer> Layers => _curvature.Layers;

    /// <summary>Where the factors come from, in words.</summary>
    public string Remark { get; }

    /// <summary>Forward passes of one item each that measuring took.</summary>
    public double ForwardPasses { get; }

    /// <summary>Backward passes of one item each that measuring took.</summary>
    public double BackwardPasses { get; }

    /// <summary>Seconds that measuring took in an earlier call; 0 when it was in this one.</summary>
    public double ReusedSeconds { get; }

    /// <summary>Reads the factors, or measures and keeps them.</summary>
    /// <exception cref="InputException">The model shows no layer that has factors.</exception>
    public static EkfacFactors Obtain(MethodContext context, Action<double>? progress, CancellationToken cancellation)
    {
        var file = context.Folder is { } folder ? Path.Combine(folder, "ekfac", HashOf(context)[..16] + ".safetensors") : null;
        if (file is not null && File.Exists(file) && File.Exists(CostOf(file)))
        {
            var cost = JsonSerializer.Deserialize<MethodCost>(File.ReadAllText(CostOf(file)), RunRecord.Json)!;
            return new EkfacFactors((KroneckerCurvature)CurvatureEstimate.Load(file, context.Device), cost, reused: true);
        }

        var (curvature, spent) = Measure(context, progress, cancellation);
        if (file is not null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            curvature.Save(file);
            RunDirectory.Replace(CostOf(file), JsonSerializer.Serialize(spent, RunRecord.Json) + "\n");
        }

        return new EkfacFactors(curvature, spent, reused: false);
    }

    /// <inheritdoc/>
    public void Dispose() => _curvature.Dispose();

    private static (KroneckerCurvature Curvature, MethodCost Cost) Measure(MethodContext context, Action<double>? progress, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var clock = Stopwatch.StartNew();
        var measurement = new KroneckerMeasurement(new CurvatureSource(context.Model, context.Selection, context.Center, context.Train, 0, context.Piece, context.Options.Seed) { ExactLabels = true });
        var layers = measurement.Measure(share =>
        {
            cancellation.ThrowIfCancellationRequested();
            progress?.Invoke(share);
        });
        if (layers.Count == 0)
        {
            throw new InputException(
                $"ekfac needs linear or convolution layers that it can see into, and the {context.Model.Config.ModelType} {context.Model.Path} shows none whose weight is selected: use gradsim, trak or exact.");
        }

        // Once for the factors, once for the eigenvalues in their basis.
        var passes = 2.0 * context.Train.Count;
        var curvature = new KroneckerCurvature(layers, zeros_like(context.Center))
        {
            Remark = string.Create(CultureInfo.InvariantCulture, $"factors of {layers.Count} layers from {context.Train.Count:N0} items ({measurement.LabelRule})"),
        };
        return (curvature, new MethodCost(clock.Elapsed.TotalSeconds, passes, passes * measurement.Columns));
    }

    private static string CostOf(string file) => Path.ChangeExtension(file, ".json");

    private static string HashOf(MethodContext context)
    {
        var selected = Enumerable.Range(0, context.Model.Layout.Parameters.Count).Where(index => context.Selection.Offset(index) is not null);
        var identity = $"{context.Model.Hash} {context.TrainData.Hash} {context.Options.Seed} {string.Join(',', selected)}";
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)));
    }
}
