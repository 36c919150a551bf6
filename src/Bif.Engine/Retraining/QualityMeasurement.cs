using Bif.Engine.Runs;
using Bif.Engine.Training;

namespace Bif.Engine.Retraining;

/// <summary>What a measurement of quality is asked for.</summary>
public sealed record QualitySpec
{
    /// <summary>Subsets, repeats, share, seed.</summary>
    public BankSpec Bank { get; init; } = new();

    /// <summary>How models are trained.</summary>
    public required TrainingSpec Recipe { get; init; }

    /// <summary>Where the bank lies; null for <c>banks/ID</c> beside the run, which runs of the same problem share.</summary>
    public string? BankDirectory { get; init; }

    /// <summary>The percentage of the subsets, the first ones, that are for tuning and stay out of what is reported.</summary>
    public double TuningPercent { get; init; } = 20;

    /// <summary>
    /// Names of methods, NAME=FILE.npy or NAME=RUN; empty for all that are there, <see cref="WantedMethods.All"/> for these and every
    /// comparison method that the run allows. Comparison methods that are not there yet are computed.
    /// </summary>
    public IReadOnlyList<string> Methods { get; init; } = [];

    /// <summary>Comparison methods that <see cref="WantedMethods.All"/> leaves out.</summary>
    public IReadOnlyList<string> Without { get; init; } = [];

    /// <summary>Resamples of the subsets behind intervals.</summary>
    public int Resamples { get; init; } = 1000;

    /// <summary>CPU threads.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;
}

/// <summary>Judges the scores of a run by retraining on random subsets, and writes <c>RUN/quality.json</c>.</summary>
public static class QualityMeasurement
{
    private const int FewestSubsets = 5;

    /// <summary>Measures, and writes <c>RUN/quality.json</c>.</summary>
    /// <inheritdoc cref="Measure"/>
    public static QualityRecord? Run(
        RunDirectory run, QualitySpec spec, Action<string>? announce, IProgress<BankProgress>? progress, CancellationToken cancellation)
    {
        var result = Measure(run, spec, announce, progress, cancellation);
        result?.Write(run);
        return result;
    }

    /// <summary>Fills the bank where it is not yet full, and scores every method on the same subsets.</summary>
    /// <param name="run">A run with scores.</param>
    /// <param name="spec">What to do.</param>
    /// <param name="announce">Receives lines worth showing, or null.</param>
    /// <param name="progress">Receives a report after each block of models, or null.</param>
    /// <param name="cancellation">Gives up the models that are not done; the same call goes on.</param>
    /// <returns>What was measured, or null where it was interrupted.</returns>
    /// <exception cref="InputException">There are no scores, its data have changed, a method that was named cannot be had, or training diverges.</exception>
    public static QualityRecord? Measure(
        RunDirectory run, QualitySpec spec, Action<string>? announce, IProgress<BankProgress>? progress, CancellationToken cancellation)
    {
        var record = run.ReadRecord();
        var tuning = (int)Math.Round(spec.Bank.Subsets * spec.TuningPercent / 100);
        var reporting = spec.Bank.Subsets - tuning;
        if (reporting < FewestSubsets)
        {
            throw new InputException($"{spec.Bank.Subsets} subsets without {spec.TuningPercent} % for tuning leave {reporting} to report on: a rank correlation needs at least {FewestSubsets}.");
        }

        var (names, refused) = WantedMethods.Compute(run, record, spec, announce, cancellation);
        var methods = MethodScores.Find(run, record, names);
        using var problem = RetrainingProblem.Of(record, spec.Recipe);
        var directory = spec.BankDirectory ?? DefaultBank(run, problem, spec.Bank);
        var bank = RetrainingBank.For(problem, spec.Bank, directory);
        announce?.Invoke($"bank {bank.Directory}: {bank.Done} of {bank.Record.Spec.Subsets * bank.Record.Spec.Repeats} models are there; "
            + $"they train {(RetrainingPool.TrainsSideBySide(problem) ? "side by side" : "one after another")} on {spec.Bank.SizeOf(problem.Data.Count):N0} of {problem.Data.Count:N0} items each");
        return bank.Fill(problem, spec.Bank, spec.Threads, progress, cancellation)
            ? Judge(record, methods, bank, spec, tuning) with { Refused = refused }
            : null;
    }

    /// <summary>How a recipe reads in one line.</summary>
    public static string Words(TrainingSpec recipe)
    {
        var rule = recipe.Optimizer == "sgd" ? $"momentum {recipe.Momentum:G4}{(recipe.Nesterov ? " (Nesterov)" : "")}, " : "";
        var extras = (recipe.LabelSmoothing > 0 ? $", label smoothing {recipe.LabelSmoothing:G4}" : "")
            + (recipe.Augmentation.Count > 0 ? $", {string.Join(" and ", recipe.Augmentation)}" : "")
            + (recipe.StartFrom is { } start ? $", from {start}" : "");
        return $"{recipe.Epochs} epochs, batch {recipe.Batch}, {recipe.Optimizer} at {recipe.LearningRate:G4} ({recipe.Schedule}), {rule}weight decay {recipe.WeightDecay:G4}{extras}";
    }

    private static string DefaultBank(RunDirectory run, RetrainingProblem problem, BankSpec spec)
        => Path.Combine(Path.GetDirectoryName(run.Root) ?? run.Root, "banks", RetrainingBank.IdOf(problem, spec)[..16]);

    private static QualityRecord Judge(RunRecord record, IReadOnlyList<MethodScores> methods, RetrainingBank bank, QualitySpec spec, int tuning)
    {
        var forTuning = tuning >= FewestSubsets ? RetrainedLosses.Of(bank, 0, tuning, spec.Bank.Repeats) : null;
        var truth = RetrainedLosses.Of(bank, tuning, spec.Bank.Subsets - tuning, spec.Bank.Repeats);
        var scores = methods.Select(method => DatamodelingScore.Of(truth, method.Row, spec.Resamples, spec.Bank.Seed)).ToList();
        var bif = methods.Select((method, index) => method.Name == MethodScores.Bif ? scores[index] : null).FirstOrDefault(each => each is not null);
        var reliability = truth.Reliability();
        var judged = Choose([.. methods.Select((method, index) => new MethodQuality(
            method.Name,
            scores[index].Mean,
            scores[index].Interval.Low,
            scores[index].Interval.High,
            forTuning is null ? null : DatamodelingScore.Of(forTuning, method.Row, 0, 0).Mean,
            bif is null || bif == scores[index] ? null : Ahead(scores[index], bif),
            scores[index].ConstantPredictions,
            scores[index].ConstantLosses,
            method.Cost)
        {
            PerQuery = scores[index].PerQuery,
        })]);
        return new QualityRecord
        {
            Run = record.Id,
            Measured = DateTime.UtcNow,
            Bank = new BankUse(
                bank.Directory, bank.Record.Id, spec.Bank.Alpha, spec.Bank.Subsets, spec.Bank.Repeats, tuning, bank.Record.Seconds, bank.Record.Trained, Words(spec.Recipe)),
            Queries = truth.Queries,
            SingleAgreement = reliability?.SingleAgreement,
            Ceiling = reliability?.Ceiling,
            Methods = judged,
            Agreement = MethodAgreement.Of([.. methods.Where((_, index) => judged[index].Chosen != false)], truth.Queries),
        };
    }

    // A setting is chosen by the tuning subsets alone.
    private static IReadOnlyList<MethodQuality> Choose(IReadOnlyList<MethodQuality> methods)
    {
        var best = methods.GroupBy(method => method.Family)
            .Where(family => family.Count() > 1 && family.Any(method => method.TuningLds is { } score && double.IsFinite(score)))
            .ToDictionary(family => family.Key, family => family.Where(method => double.IsFinite(method.TuningLds ?? double.NaN)).MaxBy(method => method.TuningLds)!.Name);
        return [.. methods.Select(method => best.TryGetValue(method.Family, out var name) ? method with { Chosen = method.Name == name } : method)];
    }

    private static double[] Ahead(DatamodelingScore score, DatamodelingScore bif)
    {
        var (low, difference, high) = score.Minus(bif);
        return [low, difference, high];
    }
}
