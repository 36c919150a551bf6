using System.Text.Json.Serialization;
using Bif.Engine.Attribution;
using Bif.Engine.Models;

namespace Bif.Engine.Runs;

/// <summary>
/// What a run is asked to do. Settings left null take the default of the model's family; the run writes the resolved
/// spec into <c>run.json</c>. Two runs with equal resolved specs, weights and data are the same run.
/// </summary>
public sealed record RunSpec
{
    /// <summary>A model folder (config.json + weights) or a TorchScript file.</summary>
    public required string Model { get; init; }

    /// <summary>The training items to observe: PATH[@SPLIT][[A:B]].</summary>
    public required string Data { get; init; }

    /// <summary>The query items: PATH[@SPLIT][[A:B]].</summary>
    public required string Queries { get; init; }

    /// <summary>Which sampler draws from the localized posterior; null: where neither a step size nor a mini-batch is given, laplace with a control variate if gradients of all items are affordable, or baoab if a full-batch gradient is; else sgld.</summary>
    public string? Sampler { get; init; }

    /// <summary>none, diagonal, kfac or lowrank; null: chosen for the sampler, the model and the number of items.</summary>
    public string? Preconditioner { get; init; }

    /// <summary>Friction of underdamped dynamics per unit of time; null: 1 in preconditioned coordinates, √γ without.</summary>
    public double? Friction { get; init; }

    /// <summary>Directions of the low-rank preconditioner; null lets the run choose.</summary>
    public int? Rank { get; init; }

    /// <summary>Training items from which curvature is estimated, 0 for all; null lets the run choose.</summary>
    public int? CurvatureItems { get; init; }

    /// <summary>ε, the step size of SGLD; h, the time step, of underdamped dynamics.</summary>
    public double? Epsilon { get; init; }

    /// <summary>nβ, the inverse temperature times n: multiplies the MEAN loss.</summary>
    public double? Nbeta { get; init; }

    /// <summary>γ, the precision of the Gaussian around the checkpoint.</summary>
    public double? Gamma { get; init; }

    /// <summary>Calibration's temperature: by what share of itself the mean training loss is to rise; null for the usual 0.03, or 0.003 where first-order noise is taken out of scores.</summary>
    public double? LossRise { get; init; }

    /// <summary>Items per gradient; 0 means all of them (full batch).</summary>
    public int? Batch { get; init; }

    /// <summary>C, independent chains.</summary>
    public int? Chains { get; init; }

    /// <summary>T, recorded draws per chain.</summary>
    public int? Draws { get; init; }

    /// <summary>Sampler steps before the first draw.</summary>
    public int? BurnIn { get; init; }

    /// <summary>Sampler steps per recorded draw.</summary>
    public int? Thin { get; init; }

    /// <summary>Seed of noise and mini-batches; the whole run follows from it.</summary>
    public ulong Seed { get; init; }

    /// <summary>RMSprop-SGLD: decay a of the second moment.</summary>
    public double Decay { get; init; } = 0.99;

    /// <summary>RMSprop-SGLD: e, added to the root of the second moment.</summary>
    public double Stabilizer { get; init; } = 0.1;

    /// <summary>RMSprop-SGLD: whether v starts at 1 and is bias-corrected (as published) or at 0 and is not (devinterp).</summary>
    public bool BiasCorrection { get; init; } = true;

    /// <summary>Subtract nβ·∇L(w*) from the force, so that w* is the mode of the target.</summary>
    public bool Centered { get; init; }

    /// <summary>Where baoab's chains begin: checkpoint, or laplace for draws from the preconditioner's Gaussian.</summary>
    public string Start { get; init; } = "checkpoint";

    /// <summary>Whether the noise of the losses' first-order parts is taken out of the scores, for laplace; null: where gradients of all items are affordable.</summary>
    public bool? FirstOrderControl { get; init; }

    /// <summary>Name patterns of the parameters to sample; empty for all.</summary>
    public IReadOnlyList<string> Parameters { get; init; } = [];

    /// <summary>cpu or cuda:N.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Items per forward pass when losses are evaluated; null lets the run measure.</summary>
    public int? EvaluationBatch { get; init; }

    /// <summary>How traces are centred: per-chain (default) or pooled.</summary>
    public string Centering { get; init; } = "per-chain";

    /// <summary>The same as a value.</summary>
    [JsonIgnore]
    public Centering ScoreCentering => Centering == "pooled" ? Attribution.Centering.Pooled : Attribution.Centering.PerChain;

    /// <summary>Bytes that weights of draws may take on disk, so that later queries need no replay; null keeps none.</summary>
    public long? KeepDraws { get; init; }

    /// <summary>Whether a run goes on without keeping draws where <see cref="KeepDraws"/> holds too few; else it is refused.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool KeepDrawsIfRoom { get; init; }

    /// <summary>The split-half reliability of subset sums, 0 to 1, at which the run stops; null: after its draws.</summary>
    public double? TargetReliability { get; init; }

    /// <summary>CPU threads in all; null for one per core.</summary>
    public int? Threads { get; init; }

    /// <summary>In what the matrix products of forward and backward passes are computed: float32, tf32 (GPUs), or bfloat16 (language models).</summary>
    public string Precision { get; init; } = "float32";

    /// <summary>Language models: tokens per item at most; null for the model's context.</summary>
    public int? Context { get; init; }

    /// <summary>Language models: what stands between the documents of a .txt file; null for the end-of-text mark where it occurs.</summary>
    public string? Separator { get; init; }

    /// <summary>Language models: what becomes of documents longer than the context: all, first or packed.</summary>
    public string Windows { get; init; } = "all";

    /// <summary>Language models: whether the losses of single tokens are traced too.</summary>
    public bool PerToken { get; init; }

    /// <summary>Training items whose tokens are traced, by rising index; empty for all.</summary>
    public IReadOnlyList<int> TokenItems { get; init; } = [];

    /// <summary>The most that traces of tokens may take on disk, GiB.</summary>
    public double TokenStorageGiB { get; init; } = 4;

    /// <summary>How losses of tokens are stored: float32, or float16, which rounds each deviation from the loss at w* to 1 part in 2,048.</summary>
    public string TokenPrecision { get; init; } = "float32";

    /// <summary>The precision of passes as a type.</summary>
    internal TorchSharp.torch.ScalarType ScalarPrecision => ScalarOf(Precision);

    /// <summary>The type of matrix products in a precision of the options.</summary>
    internal static TorchSharp.torch.ScalarType ScalarOf(string precision) => precision == "bfloat16" ? TorchSharp.torch.ScalarType.BFloat16 : TorchSharp.torch.ScalarType.Float32;

    /// <summary>Whether neither ε, nβ nor γ was given, so that uncalibrated defaults apply.</summary>
    [JsonIgnore]
    public bool UsesDefaultSettings => Epsilon is null && Nbeta is null && Gamma is null;

    /// <summary>How the run's data becomes the model's inputs.</summary>
    public InputSpec InputOf(Model model)
        => model.Input.Text is { } text ? model.Input with { Text = text.With(Context, Separator, Windows) } : model.Input;
}
