using System.Globalization;
using Bif.Engine.Curvature;

namespace Bif.Engine.Calibration;

/// <summary>
/// Chooses nβ, γ and the step from the checkpoint alone, without retraining: damping from the effective dimension and the
/// draws that are affordable, temperature from the rise of the loss that it should cause, step from the steepest curvature
/// at thermal amplitude, then a pilot that must behave as predicted.
/// </summary>
/// <param name="source">The checkpoint and its items.</param>
/// <param name="curvature">Its measured curvature.</param>
/// <param name="sampler">baoab or laplace.</param>
/// <param name="meanLoss">L(w*), nats.</param>
/// <param name="effectiveDraws">Independent draws that the run will be worth.</param>
/// <param name="say">Receives what is being done.</param>
public sealed class Calibrator(
    CurvatureSource source, CurvatureEstimate curvature, string sampler, double meanLoss, double effectiveDraws, Action<string> say)
{
    private const double LossRise = 0.03;
    private const double LargestStep = 0.5;
    private const double RiseTolerance = 2;
    private const int Attempts = 6;

    // A checkpoint whose gradient moves the mode by more than this share of the thermal energy is centred.
    private const double CenteringShare = 0.05;

    /// <summary>Chooses what is not given.</summary>
    /// <exception cref="InputException">No setting makes a pilot behave.</exception>
    public Calibrated Choose(CalibrationConstraints given)
    {
        var reasons = new List<string>();
        var eigenvalues = curvature.Eigenvalues();
        var (nbeta, gamma, dimension) = Target(given, eigenvalues, reasons);
        using var probe = new ThermalProbe(source);
        var centered = given.Centered || (sampler == "baoab" && NeedsCentering(probe, nbeta, gamma, dimension, reasons));
        for (var attempt = 0; ; attempt++)
        {
            var step = given.Step ?? Step(probe, nbeta, gamma, reasons, quiet: attempt > 0);
            say("trying these settings on a few steps");
            var accepted = Pilot(probe, given, ref step, nbeta, gamma, centered, dimension, reasons);
            if (accepted || given.Nbeta is not null)
            {
                return new Calibrated(nbeta, gamma, step, centered, dimension, reasons);
            }

            if (attempt == Attempts)
            {
                throw new InputException(
                    $"No temperature makes a pilot of this checkpoint behave (the last was nbeta {nbeta:G3}, gamma {gamma:G3}): give --nbeta, --gamma and --epsilon, or choose --sampler sgld.");
            }

            nbeta *= 3;
            gamma = given.Gamma ?? gamma * 3;
            reasons.Add(Text($"nbeta raised to {nbeta:G3} and gamma to {gamma:G3}: the loss around the checkpoint is steeper than its curvature there says"));
        }
    }

    private (double Nbeta, double Gamma, double Dimension) Target(CalibrationConstraints given, double[] eigenvalues, List<string> reasons)
    {
        if (given is { Nbeta: { } fixedNbeta, Gamma: { } fixedGamma })
        {
            return (fixedNbeta, fixedGamma, curvature.EffectiveDimension(fixedGamma / fixedNbeta));
        }

        var wanted = Damping.Dimension(source.Feed.Count, effectiveDraws);
        var damping = Damping.Solve(eigenvalues, wanted);
        var dimension = curvature.EffectiveDimension(damping);
        reasons.Add(Text($"damping gamma/nbeta {damping:G3}: effective dimension {dimension:F0} for {effectiveDraws:N0} effective draws and {source.Feed.Count:N0} items"));
        var nbeta = given.Nbeta ?? (given.Gamma is { } gammaGiven ? gammaGiven / damping : dimension / (2 * LossRise * Math.Max(meanLoss, 1e-8)));
        if (given.Nbeta is null && given.Gamma is null)
        {
            reasons.Add(Text($"nbeta {nbeta:G3}: the mean loss {meanLoss:G3} is to rise by {LossRise:P0}"));
        }

        return (nbeta, given.Gamma ?? damping * nbeta, dimension);
    }

    private bool NeedsCentering(ThermalProbe probe, double nbeta, double gamma, double dimension, List<string> reasons)
    {
        using var coordinates = curvature.ToPreconditioner(nbeta, gamma);
        var energy = probe.ModeShift(coordinates, nbeta, gamma);
        if (energy <= CenteringShare * dimension)
        {
            return false;
        }

        reasons.Add(Text($"centred force: the checkpoint's gradient would move the mode by {energy:F1} thermal units of energy (effective dimension {dimension:F0})"));
        return true;
    }

    private double Step(ThermalProbe probe, double nbeta, double gamma, List<string> reasons, bool quiet)
    {
        if (sampler != "baoab")
        {
            return 1;
        }

        if (!quiet)
        {
            say("measuring the steepest curvature at thermal amplitude");
        }

        using var coordinates = curvature.ToPreconditioner(nbeta, gamma);
        var steepest = probe.Steepest(coordinates, nbeta, gamma);
        var step = Math.Min(LargestStep, 2 / Math.Sqrt(steepest));
        reasons.Add(Text($"step {step:G3}: curvature in the chains' coordinates is at most {steepest:G3} (1 is what they are made for)"));
        return step;
    }

    // Whether a pilot stays finite and raises the loss by about d_eff/(2·nβ); the step is halved as often as that may help.
    private bool Pilot(
        ThermalProbe probe, CalibrationConstraints given, ref double step, double nbeta, double gamma, bool centered, double dimension, List<string> reasons)
    {
        var expected = dimension / (2 * nbeta);
        using var coordinates = curvature.ToPreconditioner(nbeta, gamma);
        for (var halving = 0; ; halving++)
        {
            var rise = probe.Pilot(sampler, coordinates, step, nbeta, gamma, centered);
            if (double.IsFinite(rise) && rise <= RiseTolerance * expected)
            {
                reasons.Add(Text($"pilot: the loss rose by {rise:G3} nats, {expected:G3} expected"));
                return true;
            }

            if (sampler != "baoab" || given.Step is not null || halving == 2)
            {
                reasons.Add(Text($"pilot: the loss rose by {rise:G3} nats instead of {expected:G3}"));
                return false;
            }

            step /= 2;
            reasons.Add(Text($"step halved to {step:G3}: in a pilot the loss rose by {rise:G3} nats, {expected:G3} expected"));
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
