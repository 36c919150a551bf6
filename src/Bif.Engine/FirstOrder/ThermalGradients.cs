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

    private readonly List<GradientSource> _sources = [];
    private readonly List<Tensor> _points = [];

    /// <summary>Draws the points.</summary>
    public ThermalGradients(Model model, ParameterSelection selection, Tensor center, Preconditioner preconditioner, SamplerSettings settings, DataFeed probe)
    {
        using var state = new ChainState(int.MaxValue - 1, settings.Seed, center, SamplerCatalog.Create(settings, preconditioner));
        for (var point = 0; point < PointsOf(settings); point++)
        {
            preconditioner.Draw(state, settings.Gamma, point / 2, mirrored: point % 2 == 1);
            _points.Add(state.Position.clone().DetachFromDisposeScope());
            _sources.Add(new GradientSource(model, selection, _points[^1], probe));
        }
    }

    /// <summary>Points whose gradients a run averages.</summary>
    public static int PointsOf(SamplerSettings settings) => settings.FirstOrderPoints == 0 ? UsualPoints : settings.FirstOrderPoints;

    /// <summary>Numbers that an item takes while its gradient is formed.</summary>
    public long HeldPerItem => _sources[0].HeldPerItem;

    /// <summary>Mean gradients of consecutive items, rows [items, P] in the caller's scope.</summary>
    public Tensor Of(DataFeed feed, int start, int items)
    {
        using var scope = NewDisposeScope();
        Tensor? sum = null;
        foreach (var source in _sources)
        {
            using var inner = NewDisposeScope();
            var gradients = source.Losses(feed, start, items);
            using var noGradient = no_grad();
            sum = sum is null ? gradients.Flat().MoveToOuterDisposeScope() : sum.add_(gradients.Flat());
        }

        using var none = no_grad();
        return sum!.mul_(1.0 / _sources.Count).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sources.ForEach(source => source.Dispose());
        _points.ForEach(point => point.Dispose());
    }
}
