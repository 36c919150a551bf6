using Bif.Engine.Training;
using static TorchSharp.torch;

namespace Bif.Engine.Retraining;

/// <summary>
/// First layers trained in the span of the items that each model sees. Gradients of a first layer lie in that span, and
/// momentum with isotropic decay only shrinks the rest of the weights by a factor known beforehand; a subset of fewer items
/// than features therefore trains on as many coordinates as it has items, and ends where it would have ended.
/// </summary>
/// <remarks>
/// With the Gram matrix X·Xᵀ = L·Lᵀ of a subset X [items, features], Q = Xᵀ·L⁻ᵀ has orthonormal columns: inputs are the rows
/// of L, weights Qᵀ·W. In double precision, with 1e-10 of the mean square added for items that depend on each other.
/// </remarks>
internal sealed class SubsetSpan : IDisposable
{
    private const double Ridge = 1e-10;
    private const int MostItems = 4096;
    private readonly TrainingSpec _recipe;
    private readonly Tensor _items;
    private readonly Tensor _whole;
    private readonly List<(Tensor Index, Tensor Lower, Tensor Start)> _models = [];
    private double _factor = 1, _speed;

    /// <summary>Changes the coordinates.</summary>
    /// <param name="recipe">The recipe; see <see cref="Pays"/>.</param>
    /// <param name="items">All training items [n, features], float32; stays the caller's.</param>
    /// <param name="gram">Their Gram matrix [n, n], float64; stays the caller's.</param>
    /// <param name="models">The models.</param>
    /// <param name="whole">Weights of the first layer before training [model, features, outputs]; stays the caller's.</param>
    public SubsetSpan(TrainingSpec recipe, Tensor items, Tensor gram, IReadOnlyList<RetrainedModel> models, Tensor whole)
    {
        (_recipe, _items, _whole) = (recipe, items, whole);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var size = models[0].Items.Length;
        Inputs = empty([models.Count, size, size], float32, items.device).DetachFromDisposeScope();
        Weight = empty([models.Count, size, whole.shape[2]], float32, items.device).DetachFromDisposeScope();
        for (var model = 0; model < models.Count; model++)
        {
            using var inner = NewDisposeScope();
            var index = tensor(models[model].Items.Select(item => (long)item).ToArray()).to(items.device);
            var own = gram.index_select(0, index).index_select(1, index);
            var lower = linalg.cholesky(own + (eye(size, dtype: float64, device: items.device) * (Ridge * own.diagonal().mean())));
            var start = linalg.solve_triangular(lower, Subset(index).matmul(whole.select(0, model).to(float64)), upper: false);
            Inputs.select(0, model).copy_(lower);
            Weight.select(0, model).copy_(start);
            _models.Add((index.DetachFromDisposeScope(), lower.DetachFromDisposeScope(), start.DetachFromDisposeScope()));
        }
    }

    /// <summary>Inputs [model, item, coordinate]; a model's items are in its own order.</summary>
    public Tensor Inputs { get; }

    /// <summary>Weights [model, coordinate, outputs] before training; its memory is what training changes.</summary>
    public Tensor Weight { get; }

    /// <summary>Whether this saves work, and is exact.</summary>
    /// <param name="recipe">How models are trained: adaptive optimizers look at single coordinates.</param>
    /// <param name="size">Items per model.</param>
    /// <param name="items">All training items.</param>
    /// <param name="features">Features of an item.</param>
    public static bool Pays(TrainingSpec recipe, int size, int items, long features) => recipe.Optimizer == "sgd" && 5L * size <= 4 * features && items <= MostItems;

    /// <summary>Follows a step of the optimizer outside the span, where there is decay alone.</summary>
    public void Step(double learningRate)
    {
        var slope = _recipe.WeightDecay * _factor;
        _speed = (_recipe.Momentum * _speed) + slope;
        _factor -= learningRate * (_recipe.Nesterov ? slope + (_recipe.Momentum * _speed) : _speed);
    }

    /// <summary>The weights after training in the items' own features [model, features, outputs].</summary>
    /// <param name="trained">The weights that <see cref="Weight"/> became.</param>
    public Tensor Whole(Tensor trained)
    {
        using var noGradient = no_grad();
        var result = _whole * _factor;
        for (var model = 0; model < _models.Count; model++)
        {
            using var scope = NewDisposeScope();
            var (index, lower, start) = _models[model];
            var moved = trained.select(0, model).to(float64) - (start * _factor);
            result.select(0, model).add_(Subset(index).t().matmul(linalg.solve_triangular(lower.t(), moved, upper: true)).to(float32));
        }

        return result;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Inputs.Dispose();
        Weight.Dispose();
        foreach (var (index, lower, start) in _models)
        {
            index.Dispose();
            lower.Dispose();
            start.Dispose();
        }
    }

    private Tensor Subset(Tensor index) => _items.index_select(0, index).to(float64);
}
