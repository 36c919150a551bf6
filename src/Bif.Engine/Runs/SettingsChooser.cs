using Bif.Engine.Calibration;
using Bif.Engine.Curvature;
using Bif.Engine.Data;
using Bif.Engine.FirstOrder;
using Bif.Engine.Models;
using Bif.Engine.Sampling;
using Bif.Engine.Sampling.Preconditioners;
using Bif.Kernels;
using static TorchSharp.torch;

namespace Bif.Engine.Runs;

/// <summary>Turns a spec, in which much may be left open, into the numbers of a run, for a model and data on this machine.</summary>
/// <param name="spec">What was asked for.</param>
/// <param name="model">The checkpoint.</param>
/// <param name="selection">The sampled parameters.</param>
/// <param name="center">w*.</param>
/// <param name="train">Training items.</param>
/// <param name="queryCount">Number of queries.</param>
/// <param name="threads">CPU threads in all.</param>
/// <param name="report">Receives messages and progress.</param>
internal sealed class SettingsChooser(
    RunSpec spec, Model model, ParameterSelection selection, Tensor center, DataFeed train, int queryCount, int threads, Action<RunProgress> report)
{
    // Independent draws with a control variate serve where gradients of all items take no longer than other samplers' draws may
    // (SamplingSeconds), with few points and draws if need be; else a full-batch step within this time makes underdamped dynamics
    // affordable; beyond it mini-batch SGLD at the family's settings serves, since without a control variate the draws that are affordable ask of a
    // cold Gaussian so much damping that its scores cannot be told from gradient cosines (docs/measurements.md).
    private const double AffordableGradientSeconds = 0.5;
    private const double CurvatureSeconds = 45;

    // What factors cost an item, in its gradients.
    private const double FactorGradients = 30;

    /// <summary>What sampling may take, and a control variate besides.</summary>
    internal const double SamplingSeconds = 600;
    private const int MostDraws = 4000;

    // The leading directions of a convolutional network from too few of its items leave out what its draws then run into.
    private const double ControlledCurvatureSeconds = 240;

    private readonly List<string> _reasons = [];
    private ControlPlanner? _control;

    private ControlPlanner Control => _control ??= new(spec, model, selection, center, train, queryCount);

    private bool OnGpu => spec.Device != "cpu";

    /// <summary>Chooses; measures batch sizes, and curvature where the sampler uses it.</summary>
    /// <param name="meanLoss">Evaluates L(w*) in nats with the given number of items per forward pass.</param>
    public SettingsChoice Choose(Func<int, double> meanLoss)
    {
        var defaults = FamilyDefaults.For(model, train.Count);
        var chains = spec.Chains ?? defaults.Chains;
        var concurrent = ExecutionPlan.ChainsAtATime(chains, threads, !OnGpu, model.Layout.ParameterCount);
        var plan = new ExecutionPlan(1, 1, 1, concurrent, Math.Max(1, threads / concurrent));
        report(new RunProgress(RunStage.Preparing, "finding the fastest batch sizes on this machine"));
        BatchTuning tuning;
        set_num_threads(plan.ThreadsPerChain);
        try
        {
            tuning = BatchTuner.Tune(model, train, plan, spec.ScalarPrecision);
        }
        finally
        {
            set_num_threads(threads);
        }

        plan = plan with { EvaluationBatch = spec.EvaluationBatch ?? tuning.EvaluationBatch, GradientPiece = tuning.GradientPiece, Layout = tuning.Layout };
        train.Layout = tuning.Layout;
        var sampler = spec.Sampler ?? DefaultSampler(tuning);
        if (sampler is not ("baoab" or "laplace"))
        {
            return Published(sampler, chains, plan, tuning, defaults);
        }

        try
        {
            return Preconditioned(sampler, chains, plan, tuning, meanLoss(plan.EvaluationBatch));
        }
        catch (UncalibratedException error) when (spec.Sampler is null && spec.Preconditioner is null && spec.FirstOrderControl is null)
        {
            report(new RunProgress(RunStage.Preparing, $"{error.Message} Going on with sgld, since no sampler was asked for.") { IsWarning = true });
            _reasons.Clear();
            _reasons.Add($"sampler sgld: {error.Message}");
            return Published("sgld", chains, plan, tuning, defaults);
        }
    }

    // Each choice in words, when it is made.
    private void Because(FormattableString reason) => Because(FormattableString.Invariant(reason));

    private void Because(string reason)
    {
        _reasons.Add(reason);
        report(new RunProgress(RunStage.Preparing, reason));
    }

    // A step size or a mini-batch without a sampler's name means the published sampler, whose terms they are.
    private string DefaultSampler(BatchTuning tuning)
    {
        if (spec.Epsilon is not null || (spec.Batch is > 0 and var batch && batch < train.Count))
        {
            Because("sampler sgld: a step or a mini-batch was given, and no sampler");
            return "sgld";
        }

        if (spec.Preconditioner != "none" && spec.FirstOrderControl != false && Control.IsAffordable)
        {
            Because($"sampler laplace: gradients of all items, which take the noise out of its scores, take about {Control.Plan.Seconds:F0} s");
            return "laplace";
        }

        var seconds = train.Count / tuning.GradientRate;
        var without = spec.PerToken ? "no control variate for single tokens"
            : spec.Preconditioner == "none" || spec.FirstOrderControl == false ? "no control variate, as asked"
            : selection.Count > ControlPlanner.MostParameters ? FormattableString.Invariant($"no control variate beyond {ControlPlanner.MostParameters:N0} parameters")
            : FormattableString.Invariant($"a control variate would take {Control.Plan.Seconds:N0} s");
        if (seconds <= AffordableGradientSeconds)
        {
            Because($"sampler baoab: a gradient of all items takes {seconds:G2} s ({without})");
            return "baoab";
        }

        Because($"sampler sgld: a gradient of all items takes {seconds:G2} s, too long for other chains ({without})");
        return "sgld";
    }

    // SGLD and RMSprop-SGLD: numbers as given, or the family's, with the step lowered where the curvature asks for it.
    private SettingsChoice Published(string sampler, int chains, ExecutionPlan plan, BatchTuning tuning, FamilyDefaults defaults)
    {
        var preconditioner = new NoPreconditioner();
        Require(sampler, spec.Preconditioner ?? preconditioner.Name);
        _ = HasControl(sampler);
        var (nbeta, gamma, batch) = (spec.Nbeta ?? defaults.Nbeta, spec.Gamma ?? defaults.Gamma, spec.Batch ?? defaults.Batch);
        var settings = new SamplerSettings(
            sampler,
            spec.Epsilon ?? ProbedStep(sampler, defaults, nbeta, gamma, batch, tuning.GradientPiece),
            nbeta,
            gamma,
            batch >= train.Count ? 0 : batch,
            chains,
            FirstDraws(defaults.Draws),
            spec.BurnIn ?? defaults.BurnIn,
            spec.Thin ?? defaults.Thin,
            spec.Seed,
            spec.Decay,
            spec.Stabilizer,
            spec.BiasCorrection,
            Centered: spec.Centered);
        if (spec.UsesDefaultSettings)
        {
            report(new RunProgress(
                RunStage.Preparing,
                $"no --epsilon, --nbeta or --gamma given: using uncalibrated defaults for {model.Config.ModelType} (epsilon {settings.Epsilon:G3}, nbeta {settings.Nbeta:G3}, gamma {settings.Gamma:G3}); --sampler baoab or laplace calibrates them to the checkpoint")
            { IsWarning = true });
        }

        var added = JudgeGradientNoise(settings, plan.GradientPiece);
        return new SettingsChoice(
            settings, spec.UsesDefaultSettings ? "family defaults" : "given by the person", _reasons, plan, SecondsPerDraw(settings, tuning), null, preconditioner)
        { AddedTemperature = added };
    }

    // A run that stops by reliability begins with a quarter of what it would draw without, and --draws bounds it.
    private int FirstDraws(int usual)
        => spec.TargetReliability is null ? spec.Draws ?? usual : Math.Min(spec.Draws ?? int.MaxValue, Math.Max(50, usual / 4));

    // Samplers in fixed coordinates: what is not given is calibrated to the checkpoint.
    private SettingsChoice Preconditioned(string sampler, int chains, ExecutionPlan plan, BatchTuning tuning, double meanLoss)
    {
        var name = spec.Preconditioner ?? DefaultPreconditioner(sampler, tuning);
        Require(sampler, name);
        var given = new CalibrationConstraints(
            spec.Nbeta, spec.Gamma, sampler == "laplace" ? 1 : name == "none" ? PlainStep(tuning) : spec.Epsilon, spec.Centered,
            spec.LossRise ?? (sampler == "laplace" && spec.PerToken ? Calibrator.ColdLossRise : null));
        if (name == "none" && !given.IsComplete)
        {
            throw new InputException($"--sampler {sampler} without a preconditioner cannot be calibrated: give --nbeta and --gamma, or another --preconditioner.");
        }

        var control = HasControl(sampler);
        var affordable = Math.Min(AffordableDraws(sampler, chains, plan, tuning), control ? Math.Max(1, Control.Plan.Draws / chains) : int.MaxValue);
        var draws = spec.TargetReliability is null ? spec.Draws ?? affordable : Math.Min(spec.Draws ?? int.MaxValue, affordable);
        var source = new CurvatureSource(
            model, selection, center, train, spec.CurvatureItems ?? AffordableItems(name, tuning, control), tuning.GradientPiece, spec.Seed)
        { ExactLabels = HasExactLabels(tuning) };
        var curvature = name == "none" ? null : Measure(name, source, control);
        var calibrated = curvature is null || given.IsComplete
            ? new Calibrated(spec.Nbeta!.Value, spec.Gamma!.Value, given.Step!.Value, spec.Centered, 0, [])
            : new Calibrator(source, curvature, sampler, meanLoss, control ? double.PositiveInfinity : draws * chains / (sampler == "baoab" ? 2.0 : 1.0), text => report(new RunProgress(RunStage.Preparing, text)))
                .Choose(given);
        foreach (var reason in calibrated.Reasons)
        {
            Because(reason);
        }

        var batch = spec.Batch ?? 0;
        var settings = new SamplerSettings(
            sampler,
            calibrated.Step,
            calibrated.Nbeta,
            calibrated.Gamma,
            batch >= train.Count ? 0 : batch,
            chains,
            FirstDraws(affordable),
            spec.BurnIn ?? (sampler == "baoab" ? 50 : 0),
            spec.Thin ?? 1,
            spec.Seed,
            Preconditioner: name,
            Friction: spec.Friction ?? (name == "none" ? Math.Sqrt(calibrated.Gamma) : 1),
            Rank: curvature is LowRankCurvature lowRank ? lowRank.Rank : 0,
            CurvatureItems: source.Count,
            Centered: calibrated.Centered && sampler == "baoab",
            Start: sampler == "baoab" ? spec.Start : "checkpoint",
            FirstOrderControl: control,
            FirstOrderPoints: control && Control.Plan.Points != ThermalGradients.UsualPoints ? Control.Plan.Points : 0);
        if (spec.Draws is null)
        {
            Because(control && affordable * chains >= ControlPlanner.MostDraws ? $"{settings.Draws:N0} draws per chain: the control variate leaves little noise for more of them to take out"
                : (FormattableString)$"{settings.Draws:N0} draws per chain: what {SamplingSeconds / 60:F0} minutes are expected to afford{(spec.TargetReliability is null ? "" : ", or a part of it to begin with")}");
        }

        if (sampler == "laplace")
        {
            Because("approximate: independent draws from a Gaussian approximation of the posterior, exact only where the loss is quadratic");
            Because(control ? $"the noise of the losses' first-order parts is taken out of the scores: their covariance under the Gaussian is known, and making them takes about {Control.Plan.Seconds:F0} s besides the draws"
                : (FormattableString)$"scores rest on the draws alone: no control variate");
        }

        return new SettingsChoice(
            settings,
            given.IsComplete ? "given by the person" : "calibrated to the checkpoint",
            _reasons,
            plan,
            SecondsPerDraw(settings, tuning),
            curvature,
            curvature?.ToPreconditioner(settings.Nbeta, settings.Gamma) ?? new NoPreconditioner())
        { AddedTemperature = sampler == "laplace" ? null : JudgeGradientNoise(settings, plan.GradientPiece) };
    }

    // Independent draws have a known covariance of first-order parts. It takes all items' gradients, some hundred draws at a time.
    private bool HasControl(string sampler)
    {
        if (sampler != "laplace" || spec.PerToken)
        {
            return spec.FirstOrderControl == true ? throw new InputException(
                $"--control-variate first-order needs independent draws and scores of whole items: use it with --sampler laplace{(spec.PerToken ? " and without --per-token" : "")}.") : false;
        }

        return spec.FirstOrderControl ?? Control.IsAffordable;
    }

    // Says how much temperature mini-batch gradients add, and refuses settings in which they swamp the curvature.
    private double? JudgeGradientNoise(SamplerSettings settings, int pieceSize)
    {
        if (settings.Batch == 0 || settings.Nbeta == 0)
        {
            return null;
        }

        using var scope = NewDisposeScope();
        var (curvature, direction) = StepProbe.Steepest(model, selection, center, train, settings.Gamma, pieceSize, spec.Seed, StepProbe.FewItems);
        var stiffness = (settings.Nbeta * curvature) + settings.Gamma;
        var scale = settings.Sampler == "rmsprop" ? GradientNoise.RmspropScale(model, selection, center, train, direction, settings.Batch, settings.Stabilizer)
            : settings.Preconditioner == "none" ? 1
            : 1 / Math.Max(stiffness, 1e-30);
        var added = GradientNoise.AddedTemperature(
            settings, GradientNoise.SlopeVariance(model, selection, center, train, direction), scale, train.Count);
        var words = FormattableString.Invariant($"mini-batches of {settings.Batch} add {added:G2} of the chains' temperature in the steepest direction");

        // A step beyond the stability limit fails by itself, and with a clearer reason.
        var stable = (settings.Sampler == "baoab" ? settings.Epsilon * settings.Epsilon : settings.Epsilon) * scale * stiffness < 4;
        if (added > GradientNoise.Swamping && stable)
        {
            throw new InputException(
                $"{words}, which swamps the curvature that the scores rest on: use --batch full, a batch of at least {BatchFor(settings, added):N0}, a smaller --epsilon or a smaller --nbeta.");
        }

        _reasons.Add(words);
        report(new RunProgress(RunStage.Preparing, added > GradientNoise.Noticeable ? $"{words}: scores lean towards gradient similarity; a larger --batch or a smaller --epsilon mends it" : words)
        {
            IsWarning = added > GradientNoise.Noticeable,
        });
        return added;
    }

    // The noise falls as 1/batch: the batch at which it is as large as the dynamics' own.
    private int BatchFor(SamplerSettings settings, double added) => (int)Math.Min(train.Count, Math.Ceiling(settings.Batch * added / GradientNoise.Noticeable));

    private CurvatureEstimate Measure(string name, CurvatureSource source, bool control)
    {
        var rank = spec.Rank ?? (control ? Damping.Rank(source.Observations, selection.Count, OnGpu) : 200);
        report(new RunProgress(RunStage.Preparing, $"measuring the curvature at the checkpoint ({name}, {source.Count:N0} items)"));
        var curvature = CurvatureEstimate.Measure(
            name, source, rank, share => report(new RunProgress(RunStage.Preparing, Fraction: share)));

        // What it was measured with is held no longer while chains are tried.
        ProcessMemory.EndStage();
        if (curvature.Remark.Length > 0)
        {
            Because(curvature.Remark);
        }

        return curvature;
    }

    // A TorchScript module shows no layers. Factors serve where there is no room for enough directions, and chains where gradients are dear.
    private string DefaultPreconditioner(string sampler, BatchTuning tuning)
    {
        var (name, why) = model.Config.ModelType == "torchscript" ? ("lowrank", "a TorchScript module shows no layers to make factors of")
            : sampler == "laplace" && Control.IsAffordable
                ? Damping.PrefersDirections(train.Count, selection.Count, model.Objective == Objective.NextToken, OnGpu)
                    ? ("lowrank", "memory has room for enough leading directions")
                    : ("kfac", "memory has no room for enough leading directions")
            : train.Count / tuning.GradientRate > AffordableGradientSeconds ? ("kfac", "gradients are too dear for leading directions")
            : (SamplerCatalog.About(sampler).Preconditioners[0], "");
        if (why.Length > 0)
        {
            Because($"coordinates {name}: {why}");
        }

        return name;
    }

    private static void Require(string sampler, string preconditioner)
    {
        var about = SamplerCatalog.About(sampler);
        if (!about.Preconditioners.Contains(preconditioner))
        {
            throw new InputException($"--sampler {sampler} cannot use --preconditioner {preconditioner}: it takes {string.Join(", ", about.Preconditioners)}.");
        }
    }

    private double SecondsPerDraw(SamplerSettings settings, BatchTuning tuning)
    {
        var about = settings.Sampler == "laplace" ? 0 : settings.Thin * (double)(settings.Batch == 0 ? train.Count : settings.Batch);
        var ready = settings.Sampler != "laplace" && settings.Batch == 0;
        return (((ready ? 0 : train.Count) + queryCount) / tuning.EvaluationRate) + (about / tuning.GradientRate);
    }

    private int AffordableDraws(string sampler, int chains, ExecutionPlan plan, BatchTuning tuning)
    {
        var perDraw = sampler == "laplace"
            ? (train.Count + queryCount) / tuning.EvaluationRate
            : (train.Count / tuning.GradientRate) + (queryCount / tuning.EvaluationRate);
        var most = Math.Max(2, MostDraws / chains);
        return (int)Math.Clamp(SamplingSeconds * plan.ConcurrentChains / perDraw / chains, Math.Min(50, most), most);
    }

    // Labels of convolutional layers' factors are summed out where that takes no longer for all items that are asked for.
    private bool HasExactLabels(BatchTuning tuning)
    {
        var asked = spec.CurvatureItems is > 0 and var items ? Math.Min(items, train.Count) : train.Count;
        var cost = FactorGradients * KroneckerMeasurement.ExactCost(model.ClassCount ?? int.MaxValue);
        return asked <= CurvatureSeconds * tuning.GradientRate * threads / cost;
    }

    // Items whose curvature takes about CurvatureSeconds: some ten gradients each for factors, four per direction for low rank.
    private int AffordableItems(string name, BatchTuning tuning, bool control)
    {
        var gradients = name switch
        {
            "lowrank" => 6.0 * (spec.Rank ?? 200),
            "diagonal" => 32,
            _ => FactorGradients,
        };
        var items = CurvatureSeconds * tuning.GradientRate * threads / gradients;
        if (control && name == "lowrank" && Control.Cost.ConvolutionalColumns is > 0 and var columns)
        {
            items = Math.Max(items, ControlledCurvatureSeconds / (Control.Cost.Seconds * (columns + 2)));
        }

        return items >= train.Count ? train.Count : (int)Math.Max(items, Math.Min(train.Count, 256));
    }

    // Without coordinates: h·ω = 1.6 at the steepest direction's frequency ω = √(nβ·λ + γ), of the 2 that are stable.
    private double? PlainStep(BatchTuning tuning) => spec.Epsilon is not null || spec.Nbeta is null || spec.Gamma is null
        ? spec.Epsilon
        : 1.6 / Math.Sqrt((spec.Nbeta.Value * Curvature(spec.Gamma.Value, tuning.GradientPiece)) + spec.Gamma.Value);

    private double Curvature(double gamma, int pieceSize)
    {
        using var scope = NewDisposeScope();
        return StepProbe.Steepest(model, selection, center, train, gamma, pieceSize, spec.Seed, StepProbe.ManyItems).Curvature;
    }

    private double ProbedStep(string sampler, FamilyDefaults defaults, double nbeta, double gamma, int batch, int pieceSize)
    {
        using var scope = NewDisposeScope();
        var (curvature, direction) = StepProbe.Steepest(model, selection, center, train, gamma, pieceSize, spec.Seed, StepProbe.ManyItems);

        // RMSprop's steps are longer where gradients are small.
        var scale = sampler == "rmsprop" ? GradientNoise.RmspropScale(model, selection, center, train, direction, batch, spec.Stabilizer) : 1;

        // At ε·k = 0.7 the variance in the steepest direction is a fifth too large, in all others less (METHOD section 2).
        var limit = 0.7 / (scale * ((nbeta * curvature) + gamma));
        if (limit < defaults.Epsilon)
        {
            report(new RunProgress(RunStage.Preparing, $"curvature {curvature:G3} near the checkpoint: step lowered to {limit:G3}"));
        }

        return Math.Min(defaults.Epsilon, limit);
    }
}
