using Bif.Engine.Curvature;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Kernels;
using static TorchSharp.torch;

namespace Bif.Engine.Baselines.Gradients;

/// <summary>
/// Gradients per item. Linear and convolution layers give theirs for a whole batch from one backward pass to their outputs,
/// as factors, and so do normalisations and embeddings, as rows; where anything else is sampled (weights that are used twice,
/// TorchScript modules) all parameters outside the layers take a backward pass per item.
/// </summary>
internal sealed class GradientSource : IDisposable
{
    // A factor that misses one of two uses of a weight is off by far more than rounding.
    private const double Tolerance = 1e-3;
    private readonly Model _model;
    private readonly ParameterSelection _selection;
    private readonly Tensor _center;
    private readonly Tensor _gradient;
    private readonly Weights _weights;
    private readonly HashSet<int> _factored = [];
    private readonly List<(long Offset, long Length)> _rest = [];

    /// <summary>Binds the model, and finds out which layers' factors give their gradient.</summary>
    public GradientSource(MethodContext context)
        : this(context.Model, context.Selection, context.Center, context.Train)
    {
    }

    /// <summary>The same for a model, the parameters that count, their values w* [P], and items to find the layers' factors with.</summary>
    public GradientSource(Model model, ParameterSelection selection, Tensor center, DataFeed probe)
    {
        (_model, _selection, _center) = (model, selection, center);
        _gradient = zeros_like(center).DetachFromDisposeScope();
        _weights = model.Bind(selection, center, _gradient);
        FindFactored(probe);
    }

    /// <summary>Forward passes of one item each, so far.</summary>
    public double ForwardPasses { get; private set; }

    /// <summary>Backward passes of one item each, so far.</summary>
    public double BackwardPasses { get; private set; }

    /// <summary>Whether the gradients are factors of single positions only, so that dot products need no gradient formed.</summary>
    public bool HoldsLittle { get; private set; }

    /// <summary>Whether a layer is a convolution.</summary>
    public bool HasConvolutions { get; private set; }

    /// <summary>Whether some parameters take a backward pass per item.</summary>
    public bool HasSlow { get; private set; }

    /// <summary>Columns of the root of an item's output curvature.</summary>
    public int Columns { get; private set; }

    /// <summary>Numbers that an item's gradient takes while it is held for dot products.</summary>
    public long HeldPerItem { get; private set; }

    /// <summary>The same where several values of an item are differentiated.</summary>
    public long HeldPerSharingItem { get; private set; }

    /// <summary>Gradients of the items' losses.</summary>
    public ItemGradients Losses(DataFeed feed, int start, int count) => Of(feed, start, count, ItemValues.Loss(_model.Objective))[0];

    /// <summary>Gradients of some values of consecutive items, one forward pass for all; in the caller's scope.</summary>
    public IReadOnlyList<ItemGradients> Of(DataFeed feed, int start, int count, params IReadOnlyList<ItemValue> values)
    {
        var found = new List<ItemGradients>();
        using var scope = NewDisposeScope();
        Visit(feed, start, count, values, found.Add, isKept: true);
        found.ForEach(gradients => gradients.MoveToOuterDisposeScope());
        return found;
    }

    /// <summary>The same one value after the other; what one takes is released before the next.</summary>
    /// <param name="feed">The items.</param>
    /// <param name="start">The first.</param>
    /// <param name="count">How many.</param>
    /// <param name="values">What is differentiated.</param>
    /// <param name="work">Receives the gradients of each value, which end with its return.</param>
    public void Visit(DataFeed feed, int start, int count, IReadOnlyList<ItemValue> values, Action<ItemGradients> work) => Visit(feed, start, count, values, work, isKept: false);

    private void Visit(DataFeed feed, int start, int count, IReadOnlyList<ItemValue> values, Action<ItemGradients> work, bool isKept)
    {
        if (_factored.Count == 0 && HasSlow)
        {
            foreach (var value in values)
            {
                using var own = isKept ? null : NewDisposeScope();
                work(new ItemGradients(_center.numel(), [], Rest(feed, start, count, value), _rest));
            }

            return;
        }

        var seen = new SeenLayers(_selection, _weights.Layout);
        var batch = feed.Range(start, count);
        var outputs = seen.Outputs(_model, _weights, batch);
        ForwardPasses += count;
        seen.Layers.RemoveAll(layer => !_factored.Contains(layer.Weight));
        var inputs = values.Count > 1 ? seen.Layers.ConvertAll(layer => layer.Rows()) : null;
        var parts = HasSlow ? [] : seen.Parts;
        foreach (var value in values)
        {
            using var own = isKept ? null : NewDisposeScope();
            var (factors, rows) = Slopes(seen.Layers, inputs, parts, value(outputs, batch).sum());
            BackwardPasses += count;
            work(new ItemGradients(_center.numel(), factors, HasSlow ? Rest(feed, start, count, value) : Put(parts, rows, count), _rest));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _weights.Dispose();
        _gradient.Dispose();
    }

    private static (List<LayerGradients> Factors, List<Tensor> Rows) Slopes(List<SeenLayer> layers, List<Tensor>? inputs, List<SeenPart> parts, Tensor sum)
    {
        var slopes = autograd.grad([sum], [.. layers.Select(layer => layer.Outputs), .. parts.Select(part => part.Outputs)], retain_graph: true);
        using var noGradient = no_grad();
        return ([.. layers.Select((layer, index) => new LayerGradients(layer, inputs?[index], slopes[index].detach()))],
            [.. parts.Select((part, index) => part.Rows(slopes[layers.Count + index].detach()))]);
    }

    // Rows of scales, shifts and embeddings at their places among the parameters outside the factored layers.
    private Tensor? Put(List<SeenPart> parts, List<Tensor> rows, int count)
    {
        if (_rest.Count == 0)
        {
            return null;
        }

        using var noGradient = no_grad();
        var result = empty([count, _rest.Sum(part => part.Length)], device: _center.device);
        for (var index = 0; index < parts.Count; index++)
        {
            var place = result.narrow(1, Column(parts[index].Offset), parts[index].Length);
            _ = parts.FindIndex(part => part.Offset == parts[index].Offset) == index ? place.copy_(rows[index]) : place.add_(rows[index]);
        }

        return result;
    }

    private long Column(long offset)
    {
        var column = 0L;
        foreach (var (start, length) in _rest)
        {
            if (offset >= start && offset < start + length)
            {
                return column + offset - start;
            }

            column += length;
        }

        throw new InvalidOperationException($"The parameter at {offset} lies in a layer with factors.");
    }

    // Rows [items, R] of the parameters outside the factored layers.
    private Tensor? Rest(DataFeed feed, int start, int count, ItemValue value)
    {
        if (_rest.Count == 0)
        {
            return null;
        }

        var rows = empty([count, _rest.Sum(part => part.Length)], device: _center.device);
        for (var item = 0; item < count; item++)
        {
            using var scope = NewDisposeScope();
            var batch = feed.Range(start + item, 1);
            Backward(value(_model.Outputs(_weights, batch), batch).sum());
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
    private void FindFactored(DataFeed probe)
    {
        using var scope = NewDisposeScope();
        var seen = new SeenLayers(_selection, _weights.Layout);
        var batch = probe.Range(0, Math.Min(2, probe.Count));
        var outputs = seen.Outputs(_model, _weights, batch);
        Columns = new OutputCurvature(_model.Objective).Columns(outputs);
        HasConvolutions = seen.Layers.Exists(layer => layer.Kernel > 0);
        var covered = 0L;
        HoldsLittle = seen.Layers.Count + seen.Parts.Count > 0;
        if (seen.Layers.Count + seen.Parts.Count > 0)
        {
            var noise = empty(outputs.shape, device: _center.device);
            LangevinStep.Normals(noise, 0, 0, PhiloxPurpose.Comparison, 0);
            var (factors, rows) = Slopes(seen.Layers, null, seen.Parts, (outputs * noise).sum());
            Backward((outputs * noise).sum());
            using var noGradient = no_grad();
            for (var index = 0; index < seen.Layers.Count; index++)
            {
                using var inner = NewDisposeScope();
                var flat = zeros([factors[index].Count, _center.numel()], device: _center.device);
                factors[index].AddTo(flat);
                var (offset, length) = Extent(seen.Layers[index]);
                var exact = _gradient.narrow(0, offset, length);
                if (IsClose(flat.sum([0L]).narrow(0, offset, length), exact))
                {
                    _factored.Add(seen.Layers[index].Weight);
                    HoldsLittle &= factors[index].IsOuterProduct;
                    HeldPerItem += factors[index].HeldPerItem;
                    HeldPerSharingItem += factors[index].HeldPerSharingItem;
                }
            }

            // A parameter that is used twice is seen twice, and its gradient is the sum of both.
            covered = seen.Parts.Select((part, index) => (Part: part, Sum: rows[index].sum([0L]))).GroupBy(each => each.Part.Offset)
                .Where(uses => IsClose(uses.Select(use => use.Sum).Aggregate((sum, use) => sum + use), _gradient.narrow(0, uses.Key, uses.First().Part.Length)))
                .Sum(uses => uses.First().Part.Length);
        }

        FindRest(seen.Layers.Where(layer => _factored.Contains(layer.Weight)));
        HasSlow = _rest.Sum(part => part.Length) != covered;
        HoldsLittle &= _rest.Count == 0;
        HeldPerItem += _rest.Sum(part => part.Length);
        HeldPerSharingItem += _rest.Sum(part => part.Length);
    }

    private static bool IsClose(Tensor found, Tensor exact) => (found - exact).norm().item<float>() <= Tolerance * exact.norm().item<float>();

    private void FindRest(IEnumerable<SeenLayer> factored)
    {
        var next = 0L;
        foreach (var (offset, length) in factored.Select(Extent).OrderBy(extent => extent.Offset).Append((_center.numel(), 0)))
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
