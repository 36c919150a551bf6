using System.Text.Json;
using System.Text.Json.Serialization;
using Bif.Engine.Sampling;
using Bif.Engine.Sampling.Kept;

namespace Bif.Engine.Runs;

/// <summary>What identifies the checkpoint of a run.</summary>
public sealed record ModelRecord(
    string Path, string ModelType, string Objective, long Parameters, long SampledParameters, int? Classes, string Hash);

/// <summary>What identifies a set of items of a run.</summary>
public sealed record DataRecord(string Path, string Format, int Count, int FirstIndex, string Hash);

/// <summary>What passes of lower precision cost.</summary>
/// <param name="Losses">Root mean square error of the queries' losses at the checkpoint, nats.</param>
/// <param name="Deviations">That of what they deviate from these at a draw, as a share of the deviations' own root mean square.</param>
public sealed record RoundingRecord(double Losses, double Deviations);

/// <summary>Versions of what computed a run.</summary>
public sealed record VersionRecord(string Bif, string Dotnet, string Libtorch, string OperatingSystem);

/// <summary>Wall-clock seconds of a run's stages, summed over the processes that worked on it.</summary>
public sealed record TimingRecord(
    double LoadingSeconds, double PreparingSeconds, double SamplingSeconds, double EstimatingSeconds, double DrawsPerSecond)
{
    /// <summary>All stages together.</summary>
    public double TotalSeconds => LoadingSeconds + PreparingSeconds + SamplingSeconds + EstimatingSeconds;
}

/// <summary>How trustworthy the rankings are.</summary>
/// <param name="Name">good, still-drifting, chains-disagree, too-noisy, diverged or over-localized.</param>
/// <param name="Reason">Why, in words and numbers.</param>
/// <param name="Advice">Which setting to change; empty when the verdict is good.</param>
public sealed record VerdictRecord(string Name, string Reason, string Advice);

/// <summary>The content of <c>run.json</c>: everything needed to repeat a run and to judge it.</summary>
public sealed record RunRecord
{
    private const int ThisVersion = 1;

    // Bounds that no run passes; beyond them a number was not written by this program.
    private const int MostChains = 10_000;
    private const int MostDraws = 100_000_000;
    private const int MostThreads = 65_536;

    /// <summary>Version of this file's layout.</summary>
    [JsonRequired]
    public int FormatVersion { get; init; } = ThisVersion;

    /// <summary>Hash of what determines the result: settings, weights, data, queries, version.</summary>
    public required string Id { get; init; }

    /// <summary>running, interrupted, diverged or finished.</summary>
    public required string State { get; init; }

    /// <summary>The sign convention of the score files.</summary>
    public string Sign { get; init; } =
        "scores/bif.npy is -Cov(l_i, l_q) in nats squared, negative = helpful; "
        + "scores/correlation.npy is the posterior correlation, positive = helpful";

    /// <summary>The spec as the person gave it.</summary>
    public required RunSpec Spec { get; init; }

    /// <summary>The numbers that the sampler used.</summary>
    public required SamplerSettings Settings { get; init; }

    /// <summary>Where the settings come from, in words.</summary>
    public required string SettingsSource { get; init; }

    /// <summary>Why they are what they are, in words; empty where they were given.</summary>
    public IReadOnlyList<string> SettingsReasons { get; init; } = [];

    /// <summary>The temperature that mini-batches add in the steepest direction, over the chains' own; null for full batches.</summary>
    public double? AddedTemperature { get; init; }

    /// <summary>The layout of the work.</summary>
    public required ExecutionPlan Plan { get; init; }

    /// <summary>The checkpoint.</summary>
    public required ModelRecord Model { get; init; }

    /// <summary>The training items.</summary>
    public required DataRecord Data { get; init; }

    /// <summary>The query items.</summary>
    public required DataRecord Queries { get; init; }

    /// <summary>Mean training loss at the checkpoint, nats.</summary>
    public required double InitialTrainLoss { get; init; }

    /// <summary>Mean query loss at the checkpoint, nats.</summary>
    public required double InitialQueryLoss { get; init; }

    /// <summary>cpu or cuda:N.</summary>
    public required string Device { get; init; }

    /// <summary>What computed it.</summary>
    public required VersionRecord Versions { get; init; }

    /// <summary>Things the person should know.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The draws that are kept on disk; null for none.</summary>
    public KeptDrawsPlan? Kept { get; init; }

    /// <summary>How queries were added to a finished run: kept, regenerated or replayed; null for a run of its own.</summary>
    public string? AddedBy { get; init; }

    /// <summary>Root mean square error of the losses at kept draws over their deviation along the run; null where draws were not read back.</summary>
    public double? KeptError { get; init; }

    /// <summary>What rounding in passes of lower precision does; null in float32.</summary>
    public RoundingRecord? Rounding { get; init; }

    /// <summary>What it would take to reach a wanted reliability.</summary>
    public Outlook? Outlook { get; init; }

    /// <summary>How each chain ended.</summary>
    public IReadOnlyList<ChainOutcome> Chains { get; init; } = [];

    /// <summary>Time spent.</summary>
    public TimingRecord? Timings { get; init; }

    /// <summary>Peak resident size of the process, bytes.</summary>
    public long? PeakBytes { get; init; }

    /// <summary>Errors and health of the estimate.</summary>
    public JsonElement? Diagnostics { get; init; }

    /// <summary>Effective draws behind a score, those of products of losses; null where they are not known.</summary>
    [JsonIgnore]
    public double? EffectiveDraws => Diagnostic("ess_products");

    /// <summary>T0, the effective draws at which half of a subset sum's variance is noise, of the run's own draws where it has a control variate; null where it is not known.</summary>
    [JsonIgnore]
    public double? NoiseConstant => Diagnostic("noise_constant");

    /// <summary>What the correlation of the best of unrelated items would reach by chance; null where it is not known.</summary>
    [JsonIgnore]
    public double? NoiseFloor => Diagnostic("noise_floor");

    /// <summary>A number of the diagnostics by its name; null where it is not there or not finite.</summary>
    /// <param name="name">As it stands in the file.</param>
    internal double? Diagnostic(string name)
        => Diagnostics is { } diagnostics && diagnostics.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    /// <summary>The verdict.</summary>
    public VerdictRecord? Verdict { get; init; }

    /// <summary>Refuses a record of another layout, or with numbers that no run has.</summary>
    /// <param name="file">Where it was read, for the message.</param>
    /// <exception cref="InputException">Names the field, its value and what it may be.</exception>
    internal void Check(string file)
    {
        if (FormatVersion != ThisVersion)
        {
            throw new InputException($"{file} has format_version {FormatVersion}, and this version of bif reads {ThisVersion}: read it with the version that wrote it, or run anew.");
        }

        foreach (var (field, value, least, most) in new (string, double?, double, double)[]
        {
            ("settings.epsilon", Settings.Epsilon, double.Epsilon, double.MaxValue),
            ("settings.nbeta", Settings.Nbeta, 0, double.MaxValue),
            ("settings.gamma", Settings.Gamma, 0, double.MaxValue),
            ("settings.batch", Settings.Batch, 0, int.MaxValue),
            ("settings.chains", Settings.Chains, 1, MostChains),
            ("settings.draws", Settings.Draws, 1, MostDraws),
            ("settings.burn_in", Settings.BurnIn, 0, int.MaxValue),
            ("settings.thin", Settings.Thin, 1, int.MaxValue),
            ("settings.friction", Settings.Friction, 0, double.MaxValue),
            ("settings.rank", Settings.Rank, 0, int.MaxValue),
            ("settings.curvature_items", Settings.CurvatureItems, 0, int.MaxValue),
            ("spec.threads", Spec.Threads, 1, MostThreads),
            ("plan.evaluation_batch", Plan.EvaluationBatch, 1, int.MaxValue),
            ("plan.gradient_piece", Plan.GradientPiece, 0, int.MaxValue),
            ("plan.draws_per_block", Plan.DrawsPerBlock, 1, MostDraws),
            ("plan.concurrent_chains", Plan.ConcurrentChains, 1, MostChains),
            ("plan.threads_per_chain", Plan.ThreadsPerChain, 1, MostThreads),
            ("data.count", Data.Count, 1, int.MaxValue),
            ("queries.count", Queries.Count, 1, int.MaxValue),
        })
        {
            if (value is { } number && !(number >= least && number <= most))
            {
                throw new InputException(FormattableString.Invariant($"{file} has {field} = {number}, which no run has: restore the file, or run anew."));
            }
        }
    }

    /// <summary>How this record is written: snake_case, numbers that are not finite as text.</summary>
    [JsonIgnore]
    public static JsonSerializerOptions Json { get; } = new()
    {
        WriteIndented = true,
        RespectNullableAnnotations = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The same on one line.</summary>
    [JsonIgnore]
    public static JsonSerializerOptions Compact { get; } = new(Json) { WriteIndented = false };
}
