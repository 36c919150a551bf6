using Bif.Engine.Baselines.Gradients;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Sampling;
using static TorchSharp.torch;

namespace Bif.Engine.Calibration;

/// <summary>
/// The temperature that mini-batch gradients add to the chains (METHOD section 2): their noise enters each step beside the
/// Langevin noise, most in the steepest directions, and there it cancels the curvature that tells BIF from gradient
/// similarity. Estimated at the checkpoint along the steepest direction v, from the variance of the items' slopes ∇ℓ_i·v.
/// </summary>
public sealed class GradientNoise
{
    /// <summary>From here on a run is refused: the noise of the gradient is this many times that of the dynamics.</summary>
    public const double Swamping = 10;

    /// <summary>From here on a run is warned about.</summary>
    public const double Noticeable = 1;

    private const int SampledItems = 48;
    private readonly int _items;
    private readonly Tensor _weights;
    private readonly Tensor _mean;
    private readonly Tensor _squares;

    /// <summary>Looks at evenly spread training items; what it keeps belongs to the caller's scope.</summary>
    /// <param name="model">The checkpoint.</param>
    /// <param name="selection">The sampled parameters.</param>
    /// <param name="center">w*.</param>
    /// <param name="feed">The training items.</param>
    /// <param name="direction">v [P], any length.</param>
    public GradientNoise(Model model, ParameterSelection selection, Tensor center, DataFeed feed, Tensor direction)
    {
        using var noGradient = no_grad();
        _items = feed.Count;
        using var gradients = new SampledGradients(model, selection, center);
        var sample = SampledGradients.Spread(feed.Count, SampledItems);
        var unit = direction / direction.norm();
        _weights = unit * unit;
        (_mean, _squares) = (zeros_like(center), zeros_like(center));
        var (sum, squares) = (0.0, 0.0);
        foreach (var item in sample)
        {
            using var inner = NewDisposeScope();
            var gradient = gradients.Of(feed, item);
            var slope = gradient.dot(unit).item<float>();
            sum += slope;
            squares += (double)slope * slope;
            _mean.add_(gradient, 1.0 / sample.Length);
            _squares.addcmul_(gradient, gradient, 1.0 / sample.Length);
        }

        SlopeVariance = Math.Max(0, (squares / sample.Length) - (sum * sum / sample.Length / sample.Length));
    }

    /// <summary>Var(∇ℓ_i·v) over items, v of length 1.</summary>
    public double SlopeVariance { get; }

    /// <summary>The gradient's noise over the dynamics' own, in variance, along v; 0 for full batches.</summary>
    /// <param name="settings">Sampler, step, nβ, batch and friction.</param>
    /// <param name="scale">Squared scale of the chain's coordinates along v: 1 without a preconditioner.</param>
    public double AddedTemperature(SamplerSettings settings, double scale) => AddedTemperature(settings, SlopeVariance, scale, _items);

    /// <summary>
    /// The scale of RMSprop's steps along v, Σ v_j²/(√m_j + e), where its second moment m has become that of mini-batch gradients at
    /// the checkpoint: the squared mean and the items' variance over the batch.
    /// </summary>
    /// <param name="batch">Items per gradient; 0 for all.</param>
    /// <param name="stabilizer">e.</param>
    public double RmspropScale(int batch, double stabilizer)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var share = batch == 0 || batch >= _items ? 0 : (1 - (batch / (double)_items)) / batch;
        var mean = _mean * _mean;
        var moment = mean + ((_squares - mean).clamp_min(0) * share);
        return (_weights / (moment.sqrt() + stabilizer)).sum().item<float>();
    }

    /// <summary>The same from a known variance.</summary>
    /// <param name="settings">Sampler, step, nβ, batch and friction.</param>
    /// <param name="slopeVariance">As <see cref="SlopeVariance"/>.</param>
    /// <param name="scale">Squared scale of the chain's coordinates along the direction: 1 without a preconditioner.</param>
    /// <param name="items">n.</param>
    internal static double AddedTemperature(SamplerSettings settings, double slopeVariance, double scale, int items)
    {
        if (settings.Batch == 0 || settings.Batch >= items)
        {
            return 0;
        }

        // Drawn without replacement. SGLD: (ε/2)²·nβ²·V against ε; BAOAB: h²·nβ²·s²·V against 2·f·h.
        var variance = settings.Nbeta * settings.Nbeta * slopeVariance * scale * (1 - (settings.Batch / (double)items)) / settings.Batch;
        return settings.Sampler == "baoab" ? settings.Epsilon * variance / (2 * Math.Max(settings.Friction, 1e-12)) : settings.Epsilon * variance / 4;
    }
}
