using Bif.Engine.Baselines;
using Bif.Engine.Runs;

namespace Bif.Engine.Retraining;

/// <summary>What was measured of one method.</summary>
/// <param name="Name">bif, or the name of a comparison method.</param>
/// <param name="Lds">Linear datamodelling score on the reporting subsets, −1 to 1; NaN where no query has one.</param>
/// <param name="Low">Lower end of its 95 % interval (bootstrap over subsets).</param>
/// <param name="High">Upper end of it.</param>
/// <param name="TuningLds">The score on the tuning subsets, which settings may be chosen by; null where there are none.</param>
/// <param name="AheadOfBif">Score minus BIF's: lower end of the 95 % interval on the same resamples, difference, upper end; null for BIF itself.</param>
/// <param name="ConstantPredictions">Queries left out because the method predicts no difference between subsets.</param>
/// <param name="ConstantLosses">Queries left out because retraining made no difference to them.</param>
/// <param name="Cost">What its scores cost.</param>
public sealed record MethodQuality(
    string Name, double Lds, double Low, double High, double? TuningLds, double[]? AheadOfBif, int ConstantPredictions, int ConstantLosses, MethodCost Cost)
{
    /// <summary>The method without its setting: <c>ekfac</c> for <c>ekfac@30</c>.</summary>
    public string Family => MethodVariant.FamilyOf(Name);

    /// <summary>
    /// Whether the tuning subsets prefer this setting to the others of its family; null where it has no other, or there are
    /// no tuning subsets. A table of one row per family shows these.
    /// </summary>
    public bool? Chosen { get; init; }

    /// <summary>The correlation of each query on the reporting subsets; NaN of those left out.</summary>
    public IReadOnlyList<double> PerQuery { get; init; } = [];
}

/// <summary>A method that was wanted and cannot be had.</summary>
/// <param name="Name">The method.</param>
/// <param name="Reason">Why, in one sentence.</param>
public sealed record MethodRefusal(string Name, string Reason);

/// <summary>The bank that a run was judged by.</summary>
/// <param name="Directory">Where it lies.</param>
/// <param name="Id">Hash of what determines its losses.</param>
/// <param name="Alpha">Share of the items in a subset.</param>
/// <param name="Subsets">Subsets used, tuning and reporting.</param>
/// <param name="Repeats">Models per subset.</param>
/// <param name="TuningSubsets">The first so many are for tuning; what is reported comes from the others.</param>
/// <param name="Seconds">Wall-clock seconds that training took for <see cref="Trained"/> models.</param>
/// <param name="Trained">Models that were trained in that time.</param>
/// <param name="Recipe">How the models were trained, in words.</param>
public sealed record BankUse(
    string Directory, string Id, double Alpha, int Subsets, int Repeats, int TuningSubsets, double Seconds, int Trained, string Recipe);

/// <summary>The content of <c>RUN/quality.json</c>: how well scores of a run predict retraining.</summary>
public sealed record QualityRecord
{
    /// <summary>Version of this file's layout.</summary>
    public int FormatVersion { get; init; } = 1;

    /// <summary>The run that was judged, by its id.</summary>
    public required string Run { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTime Measured { get; init; }

    /// <summary>What a score predicts, and its sign.</summary>
    public string Sign { get; init; } = "scores summed over a subset predict the query's loss after training on it: negative = helpful = lowers the loss";

    /// <summary>The judge.</summary>
    public required BankUse Bank { get; init; }

    /// <summary>Number of queries.</summary>
    public required int Queries { get; init; }

    /// <summary>Rank correlation of one retraining with another of the same subset, mean over queries; null with a single repeat.</summary>
    public double? SingleAgreement { get; init; }

    /// <summary>The LDS that a perfect predictor would reach, given the noise of retraining; null with a single repeat.</summary>
    public double? Ceiling { get; init; }

    /// <summary>The methods, BIF first where it was judged.</summary>
    public required IReadOnlyList<MethodQuality> Methods { get; init; }

    /// <summary>How alike the rankings of the methods are, of several settings of one the chosen; null in records of before it was measured.</summary>
    public MethodAgreement? Agreement { get; init; }

    /// <summary>Comparison methods that this run does not allow.</summary>
    public IReadOnlyList<MethodRefusal> Refused { get; init; } = [];

    /// <summary>The file in a run.</summary>
    public static string FileOf(RunDirectory run) => Path.Combine(run.Root, "quality.json");

    /// <summary>Reads it; null where a run was never judged, or its scores are not those that were.</summary>
    /// <exception cref="InputException">The file is damaged.</exception>
    public static QualityRecord? Read(RunDirectory run)
        => run.ReadBeside<QualityRecord>(FileOf(run), record => record.Run, "run bif lds again");

    /// <summary>Writes it whole.</summary>
    public void Write(RunDirectory run) => RunDirectory.WriteBeside(FileOf(run), this);
}
