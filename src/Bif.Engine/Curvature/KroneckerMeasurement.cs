using Bif.Engine.Data;
using Bif.Engine.Models;
using static TorchSharp.torch;

namespace Bif.Engine.Curvature;

/// <summary>
/// Measures the Kronecker factors of every linear and convolution layer (Martens and Grosse 2015; convolutions after Grosse
/// and Martens 2016) and the eigenvalues in their basis (George et al. 2018). Labels are summed out exactly where that is
/// affordable, else by independent signs over classes, which have the same expectation and, unlike sampled labels, do not
/// miss the rare classes of a confident model.
/// </summary>
/// <param name="source">What to measure.</param>
internal sealed class KroneckerMeasurement(CurvatureSource source)
{
    private const int ExactClasses = 16;
    private const int MixedRepeats = 4;
    private readonly OutputCurvature _curvature = new(source.Model.Objective);
    private bool _exact;

    /// <summary>How labels were summed out, in words.</summary>
    public string LabelRule => _exact ? "exact over labels" : $"{MixedRepeats} random mixtures of labels";

    /// <summary>How much dearer exact labels of so many classes are than mixtures, where layers are convolutions; infinitely where there are too many.</summary>
    public static double ExactCost(int classes) => classes > ExactClasses ? double.PositiveInfinity : (1 + (2.0 * classes)) / (1 + (2.0 * MixedRepeats));

    /// <summary>Backward passes per forward pass; known after measuring.</summary>
    public int Columns { get; private set; }

    /// <summary>Measures all layers whose tensors are sampled.</summary>
    public IReadOnlyList<KroneckerLayer> Measure(Action<double> progress)
    {
        using var gradient = zeros_like(source.Center);
        using var weights = source.Model.Bind(source.Selection, source.Center, gradient);
        var factors = new Dictionary<int, Factors>();
        var pieces = source.InPieces(MostItems(weights));
        pieces.ForEachPiece(
            (batch, first) => Visit(weights, batch, first, (layer, input, slope) =>
            {
                if (!factors.TryGetValue(layer.Weight, out var sums))
                {
                    factors[layer.Weight] = sums = new Factors(layer, source);
                }

                sums.Add(input, slope);
            }),
            share => progress(0.4 * share));
        var bases = factors.Values.Select(sums => sums.ToBasis()).ToDictionary(basis => basis.Layer.Weight);
        pieces.ForEachPiece(
            (batch, first) => Visit(weights, batch, first, (layer, input, slope) => bases[layer.Weight].Add(input, slope)),
            share => progress(0.4 + (0.6 * share)));
        var scale = 1.0 / (source.Count * (_exact ? 1 : MixedRepeats));
        return [.. bases.Values.Select(basis => basis.ToLayer(scale)).OrderBy(layer => layer.Offset)];
    }

    // What layers take and give is held for all of a piece's items at once: of convolutions megabytes for each.
    private int MostItems(Weights weights)
    {
        using var scope = NewDisposeScope();
        var seen = new SeenLayers(source.Selection, weights.Layout);
        seen.Outputs(source.Model, weights, source.Feed.Range(0, 1));
        return WorkingSet.HeldItems(source.Center.device, seen.Layers.Sum(layer => layer.Rows().numel() + layer.Outputs.numel()));
    }

    // One forward pass, then one backward pass to the layers' outputs for each column of the outputs' curvature.
    private void Visit(Weights weights, Batch batch, int first, Action<SeenLayer, Tensor?, Tensor> work)
    {
        var seen = new SeenLayers(source.Selection, weights.Layout);
        var outputs = seen.Outputs(source.Model, weights, batch);
        if (seen.Layers.Count == 0)
        {
            return;
        }

        var fixedOutputs = outputs.detach();
        _exact = outputs.dim() == 2 && _curvature.Columns(outputs) <= ExactClasses && (source.ExactLabels || !seen.Layers.Exists(layer => layer.Kernel > 0));
        var count = _exact ? _curvature.Columns(outputs) : MixedRepeats;
        Columns = count;
        var inputs = seen.Layers.ConvertAll(layer => layer.Rows());
        for (var column = 0; column < count; column++)
        {
            using var scope = NewDisposeScope();
            var direction = _exact ? _curvature.Column(fixedOutputs, column) : _curvature.Mix(fixedOutputs, source.Signs(outputs, column, first));
            var slopes = autograd.grad([(outputs * direction).sum()], [.. seen.Layers.Select(layer => layer.Outputs)], retain_graph: true);
            using var noGradient = no_grad();
            for (var index = 0; index < seen.Layers.Count; index++)
            {
                work(seen.Layers[index], inputs[index], seen.Layers[index].SlopeRows(slopes[index]));
            }
        }
    }

    /// <summary>Sums of the two factors of a layer.</summary>
    private sealed class Factors(SeenLayer layer, CurvatureSource source)
    {
        private Tensor? _inputs;
        private Tensor? _outputs;
        private Tensor? _last;

        public void Add(Tensor? input, Tensor slope)
        {
            // Inputs are the same for every column of the outputs' curvature; counting them once per piece is enough.
            if (!ReferenceEquals(_last, input))
            {
                _last = input;
                Accumulate(ref _inputs, input!);
            }

            Accumulate(ref _outputs, slope);
        }

        public Basis ToBasis()
        {
            using var noGradient = no_grad();
            var basis = new Basis(layer, Eigenvectors(_inputs!), Eigenvectors(_outputs!), source.Center.device);
            _inputs!.Dispose();
            _outputs!.Dispose();
            return basis;
        }

        private static void Accumulate(ref Tensor? sum, Tensor rows)
        {
            var flat = rows.flatten(0, 1);
            var product = flat.transpose(0, 1).matmul(flat);
            if (sum is null)
            {
                sum = product.DetachFromDisposeScope();
            }
            else
            {
                sum.add_(product);
            }
        }

        private static Tensor Eigenvectors(Tensor sum)
        {
            using var scope = NewDisposeScope();
            return linalg.eigh(sum.to(float64)).Item2.to(float32).contiguous().DetachFromDisposeScope();
        }
    }

    /// <summary>A layer's eigenbasis, and sums of squared gradients in it.</summary>
    private sealed class Basis(SeenLayer layer, Tensor inputBasis, Tensor outputBasis, Device device)
    {
        private readonly Tensor _values = zeros([outputBasis.shape[0], inputBasis.shape[0]], device: device).DetachFromDisposeScope();
        private Tensor? _last;
        private Tensor? _rotated;

        public SeenLayer Layer => layer;

        public void Add(Tensor? input, Tensor slope)
        {
            if (!ReferenceEquals(_last, input))
            {
                _rotated?.Dispose();
                _last = input;
                _rotated = input!.matmul(inputBasis).DetachFromDisposeScope();
            }

            var rotatedSlope = slope.matmul(outputBasis);
            if (slope.shape[1] == 1)
            {
                // One position: the squared gradient of an item is the outer product of squares.
                _values.add_(rotatedSlope.squeeze(1).square().transpose(0, 1).matmul(_rotated!.squeeze(1).square()));
                return;
            }

            _values.add_(rotatedSlope.transpose(1, 2).bmm(_rotated!).square().sum([0L]));
        }

        public KroneckerLayer ToLayer(double scale)
        {
            _rotated?.Dispose();
            using var noGradient = no_grad();
            return new KroneckerLayer(layer.Offset, layer.HasBias, inputBasis, outputBasis, _values.mul_(scale));
        }
    }
}
