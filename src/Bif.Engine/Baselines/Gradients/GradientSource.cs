using Bif.Engine.Curvature;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Kernels;
using static TorchSharp.torch;

namespace Bif.Engine.Baselines.Gradients;

/// <summary>
/// Gradients per item. Linear and convolution layers give theirs for a whole batch from one backward pass to their outputs,
/// as factors; every other parameter (normalisations, embeddings, weights that are used twice, TorchScript modules) takes a
/// backward pass per item.
/// </summary>
internal sealed class GradientSource : IDisposable
{
    // A factor that misses one of two uses of a weight is off by far more than rounding.
    private const double Tolerance = 1e-3;
    private readonly MethodContext _context;
    private readonly Tensor _gradient;
    private readonly Weights _weights;
    private readonly HashSet<int> _factored = [];
    private readonly List<(long Offset, long Length)> _rest = [];

    /// <summary>Binds the model, and finds out which layers' factors give their gradient.</summary>
    public GradientSource(MethodContext context)
    {
        _context = context;
        _gradient = zeros_like(context.Center).DetachFromDisposeScope();
        _weights = context.Model.Bind(context.Selection, context.Center, _gradient);
        FindFactored();
    }

    /// <summary>Forward passes of one item each, so far.</summary>
    public double ForwardPasses { get; private set; }

    /// <summary>Backward passes of one item each, so far.</summary>
    public double BackwardPasses { get; private set; }

    /// <summary>Whether the gradients are factors of single positions only, so that dot products need no gradient formed.</summary>
    public bool HoldsLittle { get; private set; }

    /// <summary>Numbers that an item's gradient takes while it is held for dot products.</summary>
    public long HeldPerItem { get; private set; }

    /// <summary>Gradients of the items' losses.</summary>
    public ItemGradients Losses(DataFeed feed, int start, int count) => Of(feed, start, count, ItemValues.Loss(_context.Model.Objective))[0];

    /// <summary>Gradients of some values of consecutive items, one forward pass for all; in the caller's scope.</summary>
    public IReadOnlyList<ItemGradients> Of(DataFeed feed, int start, int count, params IReadOnlyList<ItemValue> values)
    {
        using var scope = NewDisposeScope();
        var rest = values.Select(value => Rest(feed, start, count, value)).ToList();
        var seen = new SeenLayers(_context.Selection, _weights.Layout);
        var layers = new List<List<LayerGradients>>();
        if (_factored.Count > 0)
        {
            var batch = feed.Range(start, count);
            _weights.Observer = seen;
            var outputs = _context.Model.Outputs(_weights, batch);
            _weights.Observer = null;
            ForwardPasses += count;
            seen.Layers.RemoveAll(layer => !_factored.Contains(layer.Weight));
            var inputs = seen.Layers.ConvertAll(layer => layer.Rows().MoveToOuterDisposeScope());
            foreach (var value in values)
            {
                var factors = Slopes(seen.Layers, value(outputs, batch).sum());
                factors.ForEach(factor => factor.MoveToOuterDisposeScope());
                layers.Add(Factors(seen.Layers, inputs, factors));
                BackwardPasses += count;
            }
        }

        return [.. values.Select((_, index) => new ItemGradients(
            _context.Center.numel(), layers.Count == 0 ? [] : layers[index], rest[index]?.MoveToOuterDisposeScope(), _rest))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _weights.Dispose();
        _gradient.Dispose();
    }

    private static List<Tensor> Slopes(List<SeenLayer> layers, Tensor sum)
    {
        var slopes = autograd.grad([sum], [.. layers.Select(layer => layer.Outputs)], retain_graph: true);
        using var noGradient = no_grad();
        return [.. layers.Select((layer, index) => layer.SlopeRows(slopes[index].detach()))];
    }

    private static List<LayerGradients> Factors(List<SeenLayer> layers, List<Tensor> inputs, List<Tensor> slopes)
        => [.. layers.Select((layer, index) => new LayerGradients(layer.Offset, layer.HasBias, inputs[index], slopes[index]))];

    // Rows [items, R] of the parameters outside the factored layers.
    private Tensor? Rest(DataFeed feed, int start, int count, ItemValue value)
    {
        if (_rest.Count == 0)
        {
            return null;
        }

        var rows = empty([count, _rest.Sum(part => part.Length)], device: _context.Device);
        for (var item = 0; item < count; item++)
        {
            using var scope = NewDisposeScope();
            var batch = feed.Range(start + item, 1);
            Backward(value(_context.Model.Outputs(_weights, batch), batch).sum());
            using var noGradient = no_grad();
            var row = rows.select(0, item);
            var column = 0L;
            foreach (var (offset, length) in _rest)
            {
                row.narrow(0, column, length).copy_(_gradient.narrow(0, offset, length));
                column += length;
            }
        }

        ForwardPasses += count;
        BackwardPasses += count;
        return rows;
    }

    private void Backward(Tensor sum)
    {
        using (no_grad())
        {
            _gradient.zero_();
        }

        sum.backward();
    }

    // Compares the sum over two items of every layer's factors with the gradient itself, for a random mix of the outputs.
    private void FindFactored()
    {
        using var scope = NewDisposeScope();
        var seen = new SeenLayers(_context.Selection, _weights.Layout);
        var batch = _context.Train.Range(0, Math.Min(2, _context.Train.Count));
        _weights.Observer = seen;
        var outputs = _context.Model.Outputs(_weights, batch);
        _weights.Observer = null;
        if (seen.Layers.Count > 0)
        {
            var noise = empty(outputs.shape, device: _context.Device);
            LangevinStep.Normals(noise, 0, 0, PhiloxPurpose.Comparison, 0);
            var factors = Factors(seen.Layers, seen.Layers.ConvertAll(layer => layer.Rows()), Slopes(seen.Layers, (outputs * noise).sum()));
            Backward((outputs * noise).sum());
            using var noGradient = no_grad();
            for (var index = 0; index < factors.Count; index++)
            {
                var flat = zeros([factors[index].Count, _context.Center.numel()], device: _context.Device);
                factors[index].CopyTo(flat);
                var (offset, length) = Extent(seen.Layers[index]);
                var exact = _gradient.narrow(0, offset, length);
                if ((flat.sum([0L]).narrow(0, offset, length) - exact).norm().item<float>() <= Tolerance * exact.norm().item<float>())
                {
                    _factored.Add(seen.Layers[index].Weight);
                }
            }

            var kept = factors.Where((_, index) => _factored.Contains(seen.Layers[index].Weight)).ToList();
            HoldsLittle = kept.TrueForAll(layer => layer.IsOuterProduct);
            HeldPerItem = kept.Sum(layer => layer.HeldPerItem);
        }

        FindRest(seen.Layers.Where(layer => _factored.Contains(layer.Weight)));
        HoldsLittle &= _rest.Count == 0;
        HeldPerItem += _rest.Sum(part => part.Length);
    }

    private void FindRest(IEnumerable<SeenLayer> factored)
    {
        var next = 0L;
        foreach (var (offset, length) in factored.Select(Extent).OrderBy(extent => extent.Offset).Append((_context.Center.numel(), 0)))
        {
            if (offset > next)
            {
                _rest.Add((next, offset - next));
            }

            next = offset + length;
        }
    }

    // The weight's place in the sampled vector, with the bias that follows it.
    private (long Offset, long Length) Extent(SeenLayer layer)
    {
        var shape = _weights.Layout.Parameters[layer.Weight];
        return (layer.Offset, shape.Length + (layer.HasBias ? shape.Shape[0] : 0));
    }
}
