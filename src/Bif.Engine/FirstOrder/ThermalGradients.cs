using Bif.Engine.Baselines.Gradients;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Sampling;
using Bif.Engine.Sampling.Preconditioners;
using static TorchSharp.torch;

namespace Bif.Engine.FirstOrder;

/// <summary>
/// Gradients of items' losses, averaged over a few antithetic points of the Gaussian that the draws come from. E∇ℓ is the
/// best linear approximation of a loss under a Gaussian (Cov(ℓ, δ) = Σ·E∇ℓ). It matters where training has left an item at a
/// kink of the network: the gradient at w* is that of one side, the draws see both. The points are none of the run's draws, so
/// that the covariance of the parts a_i = ḡ_i·δ is known exactly whatever the average's own noise.
/// </summary>
internal sealed class ThermalGradients : IDisposable
{
    /// <summary>Points whose gradients are averaged, where the settings name no other number.</summary>
    public const int UsualPoints = 8;

    private readonly int _points;
    private readonly Tensor _center;
    private readonly Tensor _position;
    private readonly GradientSource _source;

    // w − w* of every other point; those between lie on the other side.
    private readonly List<Tensor> _deviations = [];

    /// <summary>Draws the points.</summary>
    public ThermalGradients(Model model, ParameterSelection selection, Tensor center, Preconditioner preconditioner, SamplerSettings settings, DataFeed probe)
    {
        using var scope = NewDisposeScope();
        (_points, _center, _position) = (PointsOf(settings), center, center.clone().DetachFromDisposeScope());
        using var state = new ChainState(int.MaxValue - 1, settings.Seed, center, SamplerCatalog.Create(settings, preconditioner));
        for (var pair = 0; pair < (_points + 1) / 2; pair++)
        {
            preconditioner.Draw(state, settings.Gamma, pair, mirrored: false);
            _deviations.Add(state.Position.sub(center).DetachFromDisposeScope());
        }

        _source = new GradientSource(model, selection, _position, probe);
    }

    /// <summary>Points whose gradients a run averages.</summary>
    public static int PointsOf(SamplerSettings settings) => settings.FirstOrderPoints == 0 ? UsualPoints : settings.FirstOrderPoints;

    /// <summary>Numbers that an item takes while its gradient is formed.</summary>
    public long HeldPerItem => _source.HeldPerItem;

    /// <summary>Mean gradients of consecutive items, rows [items, P] in the caller's scope.</summary>
    public Tensor Of(DataFeed feed, int start, int items)
    {
        using var scope = NewDisposeScope();
        var sum = zeros([items, _center.numel()], device: _center.device);
        for (var point = 0; point < _points; point++)
        {
            using var inner = NewDisposeScope();
            MoveTo(point);
            var gradients = _source.Losses(feed, start, items);
            using var noGradient = no_grad();
            gradients.AddTo(sum);
        }

        using var none = no_grad();
        return sum.mul_(1.0 / _points).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _source.Dispose();
        _position.Dispose();
        _deviations.ForEach(deviation => deviation.Dispose());
    }

    // The model is bound to one position that moves: a model of its own at each point would take twice the points' memory besides.
    private void MoveTo(int point)
    {
        using var noGradient = no_grad();
        _position.copy_(_center).add_(_deviations[point / 2], point % 2 == 0 ? 1 : -1);
    }
}
