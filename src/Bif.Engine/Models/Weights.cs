using static TorchSharp.torch;

namespace Bif.Engine.Models;

/// <summary>
/// The tensors of one model instance bound to memory. Every selected parameter is a view of one contiguous vector, and
/// its gradient a view of another, so that a Langevin step is one pass over memory and a backward pass fills the flat
/// gradient without a copy.
/// </summary>
public class Weights : IDisposable
{
    private readonly Tensor[] _parameters;
    private readonly IReadOnlyList<Tensor> _buffers;

    /// <summary>Binds the layout to vectors. The vectors and buffers stay the caller's to dispose.</summary>
    /// <param name="layout">The architecture's tensors.</param>
    /// <param name="checkpoint">All parameters at w* [P]; those not selected are read from here.</param>
    /// <param name="buffers">The buffers, in the layout's order.</param>
    /// <param name="selection">Which parameters live in <paramref name="vector"/>.</param>
    /// <param name="vector">The selected parameters [selection.Count].</param>
    /// <param name="gradient">Where backward passes add the gradient [selection.Count]; null for losses only.</param>
    public Weights(
        Layout layout,
        Tensor checkpoint,
        IReadOnlyList<Tensor> buffers,
        ParameterSelection selection,
        Tensor vector,
        Tensor? gradient)
    {
        Layout = layout;
        _buffers = buffers;
        _parameters = new Tensor[layout.Parameters.Count];
        using var noGradient = no_grad();
        for (var index = 0; index < _parameters.Length; index++)
        {
            var spec = layout.Parameters[index];
            var parameter = selection.Offset(index) is { } offset
                ? View(vector, offset, spec)
                : View(checkpoint, spec.Offset, spec);
            if (gradient is not null && selection.Offset(index) is { } place)
            {
                parameter.requires_grad_(true);
                using var view = View(gradient, place, spec);
                parameter.grad = view;
            }

            _parameters[index] = parameter;
        }
    }

    /// <summary>What the tensors are.</summary>
    public Layout Layout { get; }

    /// <summary>Whether layers behave as in training (batch statistics, dropout). False while sampling.</summary>
    public bool Training { get; set; }

    /// <summary>Is shown what every linear and convolution layer takes and gives; null while nobody looks.</summary>
    public Layers.ILayerObserver? Observer { get; set; }

    /// <summary>Convolutions with their normalisation folded in, for passes without gradient at one position; null otherwise.</summary>
    public Layers.FoldedLayers? Folded { get; set; }

    /// <summary>In what matrix products and convolutions are computed; the parameters stay float32.</summary>
    public ScalarType Precision { get; set; } = ScalarType.Float32;

    /// <summary>The parameter at an index of <see cref="Layout.Parameters"/>.</summary>
    public Tensor Parameter(int index) => _parameters[index];

    /// <summary>The parameter as a factor of a matrix product, in <see cref="Precision"/>; gradients reach the float32 parameter.</summary>
    public Tensor Factor(int index) => Precision == ScalarType.Float32 ? _parameters[index]
        : Folded?.Cast(index, _parameters[index], Precision) ?? _parameters[index].to(Precision);

    /// <summary>
    /// Activations as a factor of a matrix product or convolution, in <see cref="Precision"/>; pictures then have their channels last in
    /// memory, with which convolutions of lower precision are fastest.
    /// </summary>
    public Tensor Factor(Tensor activations) => activations.dtype == Precision || Precision == ScalarType.Float32 ? activations
        : activations.dim() == 4 ? activations.permute(0, 2, 3, 1).contiguous().to(Precision).permute(0, 3, 1, 2)
        : activations.to(Precision);

    /// <summary>The buffer at an index of <see cref="Layout.Buffers"/>.</summary>
    public Tensor Buffer(int index) => _buffers[index];

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Puts another tensor, which a module holds itself and which shares the view's memory and gradient, in a parameter's place.</summary>
    protected void Replace(int index, Tensor parameter)
    {
        _parameters[index].Dispose();
        _parameters[index] = parameter;
    }

    /// <summary>Releases the parameters.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var parameter in _parameters)
            {
                parameter.Dispose();
            }
        }
    }

    // A detached view is a leaf that shares the vector's memory. It belongs to this object, not to a caller's scope.
    private static Tensor View(Tensor vector, long offset, ParameterSpec spec)
    {
        using var part = vector.narrow(0, offset, spec.Length);
        using var shaped = part.view(spec.Shape);
        return shaped.detach().DetachFromDisposeScope();
    }
}
