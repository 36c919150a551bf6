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
public static class GradientNoise
{
    /// <summary>From here on a run is refused: the noise of the gradient is this many times that of the dynamics.</summary>
    public const double Swamping = 10;

    /// <summary>From here on a run is warned about.</summary>
    public const double Noticeable = 1;

    private const int SampledItems = 48;

    /// <summary>Var(∇ℓ_i·v) over evenly spread training items, per squared unit of v's length.</summary>
    /// <param name="model">The checkpoint.</param>
    /// <param name="selection">The sampled parameters.</param>
    /// <param name="center">w*.</param>
    /// <param name="feed">The training items.</param>
    /// <param name="direction">v [P], any length.</param>
    public static double SlopeVariance(Model model, ParameterSelection selection, Tensor center, DataFeed feed, Tensor direction)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var gradients = new SampledGradients(model, selection, center);
        var sample = SampledGradients.Spread(feed.Count, SampledItems);
        var (sum, squares, length) = (0.0, 0.0, (double)direction.norm().item<float>());
        foreach (var item in sample)
        {
            using var inner = NewDisposeScope();
            var slope = gradients.Of(feed, item).dot(direction).item<float>() / length;
            sum += slope;
            squares += slope * slope;
        }

        return Math.Max(0, (squares / sample.Length) - (sum * sum / sample.Length / sample.Length));
    }

    /// <summary>
    /// The scale of RMSprop's steps along v, Σ v_j²/(√m_j + e)/|v|², where its second moment m has become that of mini-batch gradients at
    /// the checkpoint: the squared mean and the items' variance over the batch.
    /// </summary>
    /// <param name="model">The checkpoint.</param>
    /// <param name="selection">The sampled parameters.</param>
    /// <param name="center">w*.</param>
    /// <param name="feed">The training items.</param>
    /// <param name="direction">v [P], any length.</param>
    /// <param name="batch">Items per gradient; 0 for all.</param>
    /// <param name="stabilizer">e.</param>
    public static double RmspropScale(Model model, ParameterSelection selection, Tensor center, DataFeed feed, Tensor direction, int batch, double stabilizer)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var gradients = new SampledGradients(model, selection, center);
        var sample = SampledGradients.Spread(feed.Count, SampledItems);
        var (mean, squares) = (zeros_like(center), zeros_like(center));
        foreach (var item in sample)
        {
            using var inner = NewDisposeScope();
            var gradient = gradients.Of(feed, item);
            mean.add_(gradient, 1.0 / sample.Length);
            squares.addcmul_(gradient, gradient, 1.0 / sample.Length);
        }

        var share = batch == 0 || batch >= feed.Count ? 0 : (1 - (batch / (double)feed.Count)) / batch;
        var squaredMean = mean * mean;
        var moment = squaredMean + ((squares - squaredMean).clamp_min(0) * share);
        var unit = direction / direction.norm();
        return (unit * unit / (moment.sqrt() + stabilizer)).sum().item<float>();
    }

    /// <summary>The gradient's noise over the dynamics' own, in variance, along the direction; 0 for full batches.</summary>
    /// <param name="settings">Sampler, step, nβ, batch and friction.</param>
    /// <param name="slopeVariance">From <see cref="SlopeVariance"/>.</param>
    /// <param name="scale">Squared scale of the chain's coordinates along the direction: 1 without a preconditioner.</param>
    /// <param name="items">n.</param>
    public static double AddedTemperature(SamplerSettings settings, double slopeVariance, double scale, int items)
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
