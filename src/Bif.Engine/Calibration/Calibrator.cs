using System.Globalization;
using Bif.Engine.Curvature;
using Bif.Engine.Models;
using Bif.Kernels;

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
/// <param name="effectiveDraws">Independent draws that the run will be worth; infinitely many with a control variate.</param>
/// <param name="say">Receives what is being done.</param>
public sealed class Calibrator(
    CurvatureSource source, CurvatureEstimate curvature, string sampler, double meanLoss, double effectiveDraws, Action<string> say)
{
    private const double UsualLossRise = 0.03;

    /// <summary>
    /// The rise of the loss, as a share of itself, where first-order noise is taken out of scores, by a control variate or by
    /// measured responses: a cold target costs nothing then, and what is not quadratic is the noise that is left.
    /// </summary>
    public const double ColdLossRise = 0.003;

    private const double LargestStep = 0.8;

    // Of the linear limit 2/√λ, since λ is steepest along one direction only; a pilot that misbehaves shortens the step by √2.
    private const double StepOfRoot = 1.8;
    private const int Attempts = 4;
    private const int Shortenings = 4;

    // How many times the predicted rise of the loss a pilot may show, and from where nothing can be made of it.
    private const double Tolerance = 4.5;
    private const double Hopeless = 30;

    // Independent draws near kinks of a network raise its loss by more, and a control variate does not mind.
    private const double ControlledTolerance = 20;

    // Share of a rise that remains at a step √2 shorter where it does not come from the step.
    private const double Unchanged = 0.9;

    // A checkpoint whose gradient moves the mode by more than this share of the thermal energy is centred.
    private const double CenteringShare = 0.05;

    private bool IsControlled => double.IsPositiveInfinity(effectiveDraws);

    /// <summary>Chooses what is not given.</summary>
    /// <exception cref="UncalibratedException">No setting makes a pilot behave.</exception>
    public Calibrated Choose(CalibrationConstraints given)
    {
        var reasons = new List<string>();
        var eigenvalues = curvature.Eigenvalues();
        var (nbeta, gamma, dimension) = Target(given, eigenvalues, reasons);
        using var probe = new ThermalProbe(source);
        var centered = given.Centered || (sampler == "baoab" && NeedsCentering(probe, nbeta, gamma, dimension, reasons));
        Trial? best = null;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var trial = Try(probe, given, nbeta, gamma, centered, dimension, reasons);
            if (trial.Excess <= (IsControlled ? ControlledTolerance : Tolerance) || given.Nbeta is not null)
            {
                return new Calibrated(nbeta, gamma, trial.Step, centered, dimension, reasons);
            }

            if (best is not null && trial.Excess > best.Excess)
            {
                break;
            }

            best = trial;

            // Colder chains see less of what is not quadratic.
            nbeta *= 3;
            gamma = given.Gamma ?? gamma * 3;
        }

        if (!(best!.Excess < Hopeless))
        {
            throw new UncalibratedException(
                $"No temperature makes a pilot of this checkpoint behave ({reasons[^1]}): give --nbeta, --gamma and --epsilon, or choose --sampler sgld.");
        }

        reasons.Add(Text($"no temperature agrees with the prediction: the nearest, nbeta {best.Nbeta:G3}, is taken; look at the verdict"));
        return new Calibrated(best.Nbeta, best.Gamma, best.Step, centered, dimension, reasons);
    }

    private (double Nbeta, double Gamma, double Dimension) Target(CalibrationConstraints given, double[] eigenvalues, List<string> reasons)
    {
        if (given is { Nbeta: { } fixedNbeta, Gamma: { } fixedGamma })
        {
            return (fixedNbeta, fixedGamma, curvature.EffectiveDimension(fixedGamma / fixedNbeta));
        }

        var rise = given.LossRise ?? (IsControlled ? ColdLossRise : UsualLossRise);
        var wanted = IsControlled ? Damping.ControlledDimension(source.Observations, (curvature as LowRankCurvature)?.Rank) : Damping.Dimension(source.Feed.Count, effectiveDraws);
        var damping = Damping.Solve(eigenvalues, wanted);
        damping = IsControlled && curvature is KroneckerCurvature factors && source.Model.Objective != Objective.NextToken
            ? LessLocalized(factors, eigenvalues.Average(), damping, reasons)
            : damping;
        var dimension = curvature.EffectiveDimension(damping);
        reasons.Add(!IsControlled
            ? Text($"damping gamma/nbeta {damping:G3}: effective dimension {dimension:F0} for {effectiveDraws:N0} effective draws and {source.Feed.Count:N0} items")
            : Text($"damping gamma/nbeta {damping:G3}: effective dimension {dimension:F0} for {source.Feed.Count:N0} items"));
        var nbeta = given.Nbeta ?? (given.Gamma is { } gammaGiven ? gammaGiven / damping : dimension / (2 * rise * Math.Max(meanLoss, 1e-8)));
        if (given.Nbeta is null && given.Gamma is null)
        {
            reasons.Add(Text($"nbeta {nbeta:G3}: the mean loss {meanLoss:G3} is to rise by {rise:P1}"));
        }

        return (nbeta, given.Gamma ?? damping * nbeta, dimension);
    }

    // The dimension counts what very many small eigenvalues of the factors add up to: the damping that gives as much of it as suits leading
    // directions lies where the factors hardly turn a gradient. It is lowered until they do.
    private double LessLocalized(KroneckerCurvature factors, double least, double most, List<string> reasons)
    {
        var dampings = new List<double> { most };
        while (dampings[^1] > least)
        {
            dampings.Add(Math.Max(least, dampings[^1] / 3));
        }

        say("looking for a damping at which the curvature is heard");
        var agreements = dampings.Count > 1 ? new LocalizationProbe(source).Agreements(factors, dampings) : null;
        ProcessMemory.EndStage();
        if (agreements is null)
        {
            return most;
        }

        var place = Array.FindIndex(agreements, agreement => agreement <= Damping.CosineAgreement);
        var (damping, agreement) = place switch
        {
            0 => (most, agreements[0]),
            < 0 => (least, agreements[^1]),
            _ => (Between(dampings[place - 1], dampings[place], (agreements[place - 1] - Damping.CosineAgreement) / (agreements[place - 1] - agreements[place])), Damping.CosineAgreement),
        };
        if (place != 0)
        {
            reasons.Add(Text($"damping lowered from {most:G3}: first-order parts of the losses would agree with gradient cosines to {agreements[0]:F2} there, {agreement:F2} at {damping:G3}"));
        }

        return damping;
    }

    private static double Between(double from, double to, double share) => from * Math.Pow(to / from, share);

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

    // The steepest curvature at thermal amplitude gives the step; a pilot confirms it, or shortens it as often as that may help.
    private Trial Try(
        ThermalProbe probe, CalibrationConstraints given, double nbeta, double gamma, bool centered, double dimension, List<string> reasons)
    {
        say(Text($"trying nbeta {nbeta:G3}, gamma {gamma:G3} on a few steps"));
        using var coordinates = curvature.ToPreconditioner(nbeta, gamma);
        var step = given.Step ?? 1;
        if (given.Step is null && sampler == "baoab")
        {
            var steepest = probe.Steepest(coordinates, nbeta, gamma);
            step = Math.Min(LargestStep, StepOfRoot / Math.Sqrt(steepest));
            reasons.Add(Text($"step {step:G3}: curvature in the chains' coordinates is at most {steepest:G3} (1 is what they are made for)"));
        }

        var expected = dimension / (2 * nbeta);
        Trial? longer = null;
        for (var shortening = 0; ; shortening++)
        {
            var rise = probe.Pilot(sampler, coordinates, step, nbeta, gamma, centered);
            var excess = double.IsFinite(rise) ? rise / expected : double.PositiveInfinity;
            reasons.Add(Text($"pilot at nbeta {nbeta:G3}, step {step:G3}: the loss rose by {rise:G3} nats, {expected:G3} expected"));
            var trial = new Trial(nbeta, gamma, step, excess);
            if (excess <= Tolerance || sampler != "baoab" || given.Step is not null)
            {
                return trial;
            }

            // What a step adds falls with its square: a rise that stays is the posterior's own, and a short step would only draw less.
            if (longer is not null && double.IsFinite(excess) && excess > Unchanged * longer.Excess)
            {
                reasons.Add(Text($"step {longer.Step:G3} stays: the rise does not come from it"));
                return longer;
            }

            if (shortening == Shortenings)
            {
                return trial;
            }

            longer = trial;
            step /= Math.Sqrt(2);
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed record Trial(double Nbeta, double Gamma, double Step, double Excess);
}
