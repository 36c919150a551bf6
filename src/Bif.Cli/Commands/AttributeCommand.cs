using System.CommandLine;
using System.Globalization;
using Bif.Cli.Parsing;
using Bif.Cli.Running;
using Bif.Cli.Terminal;
using Bif.Engine;
using Bif.Engine.Runs;
using Bif.Engine.Sampling;

namespace Bif.Cli.Commands;

/// <summary><c>bif attribute</c>: samples around a checkpoint and scores every training item for every query.</summary>
internal sealed class AttributeCommand : Verb
{
    private readonly Setting<string> _model = Setting.Required("--model", "DIR|FILE.pt", "The checkpoint: a folder with config.json and model.safetensors, or a TorchScript file with config.json beside it.");
    private readonly Setting<string> _data = Setting.Required("--data", "PATH[@SPLIT][[A:B]]", "The training items to score; [A:B] takes items A to B-1.");
    private readonly Setting<string> _queries = Setting.Required("--queries", "PATH[@SPLIT][[A:B]]", "The items whose loss is explained.");
    private readonly Setting<string> _out = Setting.Required("--out", "RUN", "The run directory to write; created if missing.");
    private readonly Setting<string?> _preset = Setting.Parsed("--preset", "paper-vision", "Settings by name: paper-vision is SGLD with epsilon 1e-4, nbeta 10, gamma 1000. Options given beside it win.", "none", "paper-vision", static word => word == "paper-vision" ? word : null);
    private readonly Setting<string?> _sampler = Setting.Parsed(
        "--sampler", string.Join('|', SamplerCatalog.Names), "How draws are made. " + string.Join(" ", SamplerCatalog.Names.Select(name => $"{name}: {SamplerCatalog.About(name).Summary}.")),
        "where neither --epsilon nor a mini-batch is given: laplace if gradients of all items are affordable, or baoab if a full-batch step takes under half a second; else sgld", "one of " + string.Join(", ", SamplerCatalog.Names), static word => SamplerCatalog.Names.Contains(word) ? word : null);
    private readonly Setting<string?> _preconditioner = Setting.Parsed("--preconditioner", "none|diagonal|kfac|lowrank", "Fixed coordinates in which chains move, from the curvature at the checkpoint; they leave the target exact.", "baoab: kfac; laplace: lowrank where enough directions fit into memory, else kfac", "none, diagonal, kfac or lowrank", static word => word is "none" or "diagonal" or "kfac" or "lowrank" ? word : null);
    private readonly Setting<double?> _friction = Setting.Number("--friction", "Friction of underdamped dynamics, per unit of time.", "1 in preconditioned coordinates, the root of gamma without", Interval.AtLeast(0));
    private readonly Setting<string> _start = Setting.Choice("--start", "Where chains of baoab begin: at the checkpoint, or at a draw from the Gaussian of the preconditioner, which shortens the burn-in.", "checkpoint", "checkpoint", "laplace");
    private readonly Setting<int?> _rank = Setting.Count("--rank", "Directions of the low-rank preconditioner.", "a fifth of the items with the control variate, as memory allows; 200 without", 1);
    private readonly Setting<int?> _curvatureItems = Setting.Count("--curvature-items", "Training items from which the curvature is measured, evenly spread.", "all", 1);
    private readonly Setting<double?> _epsilon = Setting.Number("--epsilon", "Step size: of SGLD in squared parameter units; of baoab the time step h, in whitened units.", "baoab, laplace: calibrated to the checkpoint; sgld: by model family", Interval.Above(0));
    private readonly Setting<double?> _nbeta = Setting.Number("--nbeta", "Inverse temperature times n; multiplies the mean loss (no unit). 0 ignores the data: the negative control.", "baoab, laplace: calibrated to the checkpoint; sgld: by model family", Interval.AtLeast(0));
    private readonly Setting<double?> _gamma = Setting.Number("--gamma", "Precision of the Gaussian that ties the chain to the checkpoint, per squared parameter unit.", "baoab, laplace: calibrated to the checkpoint; sgld: by model family", Interval.AtLeast(0));
    private readonly Setting<double?> _lossRise = Setting.Number("--loss-rise", "Calibration's temperature: by what share of itself the mean training loss is to rise along the chains.", "0.003 with the control variate and for laplace with --per-token, else 0.03", Interval.Above(0));
    private readonly Setting<string?> _control = Setting.Parsed("--control-variate", "first-order|none", "laplace: take the noise of the losses' first-order parts, whose covariance is known, out of the scores. It leaves what is estimated the same; a few gradients of every item.", "first-order, where those gradients are affordable", "first-order or none", static word => word is "first-order" or "none" ? word : null);
    private readonly Setting<int?> _batch = Setting.Parsed("--batch", "N|full", "Items per gradient; full uses every item.", "full for baoab, by model family for sgld", "a whole number of at least 1, or full", ReadBatch);
    private readonly Setting<int?> _chains = Setting.Count("--chains", "Independent chains.", "4", 1, 10_000);
    private readonly Setting<int?> _draws = Setting.Count("--draws", "Recorded draws per chain.", "baoab, laplace: what about ten minutes allow, 1,000 at most (250 with the control variate); sgld: by model family", 2, 100_000_000);
    private readonly Setting<int?> _burnIn = Setting.Count("--burn-in", "Sampler steps before the first draw.", "50 for baoab, 0 for laplace, by model family for sgld", 0);
    private readonly Setting<int?> _thin = Setting.Count("--thin", "Sampler steps per recorded draw.", "1; by model family for sgld", 1);
    private readonly Setting<ulong?> _seed = Setting.Parsed("--seed", "S", "Seed of noise and mini-batches; a run follows from it exactly.", "0", "a whole number of at least 0", ReadSeed);
    private readonly Setting<string[]> _parameters = Setting.Repeatable("--parameters", "PATTERN", "Names of the parameters to sample, with * and ? as wildcards (\"layer3.*\"); the others stay fixed.", "all");
    private readonly Setting<double> _decay = Setting.Number("--rmsprop-decay", "RMSprop: decay a of the second moment, per step.", 0.99, Interval.Between(0, 1));
    private readonly Setting<double> _stabilizer = Setting.Number("--rmsprop-stabilizer", "RMSprop: e, added to the root of the second moment, in gradient units.", 0.1, Interval.Above(0));
    private readonly Setting<string> _variant = Setting.Choice("--rmsprop-variant", "RMSprop: second moment from 1 with bias correction (published), or from 0 without (devinterp).", "published", "published", "devinterp");
    private readonly Setting<bool> _centered = Setting.Flag("--centered", "Subtract the checkpoint's gradient from the force, so that the checkpoint is the mode (for checkpoints that are no minimum).");
    private readonly Setting<string> _centering = Setting.Choice("--centering", "The mean that covariances subtract: each chain's own, or one over all chains (as published).", "per-chain", "per-chain", "pooled");
    private readonly Setting<string?> _device = Setting.Parsed("--device", "cpu|cuda:N", "Where to compute.", "cpu", "cpu or cuda:N (cuda:0 is the first GPU)", ReadDevice);
    private readonly Setting<int?> _evalBatch = Setting.Count("--eval-batch", "Items per forward pass when losses are evaluated; scores do not depend on it.", "measured at the start", 1);
    private readonly Setting<int?> _threads = Setting.Threads("CPU threads in all; scores do not depend on it beyond rounding.");
    private readonly Setting<long?> _keepDraws = Setting.Parsed("--keep-draws", "BYTES", "Keep the weights of the draws on disk, within this many bytes (4GiB, 500MiB), so that later queries (bif query) need forward passes only. Precision and thinning are chosen to fit, and stated.", "none", "a size such as 4GiB or 500MiB", Quantity.ReadBytes);
    private readonly Setting<double?> _reliability = Setting.Number("--target-reliability", "Stop when the split-half reliability of subset sums reaches this, 0 to 1; --draws then is the most per chain (20,000 if not given).", "none: stop after --draws", Interval.Between(0.05, 0.99));
    private readonly Setting<int?> _context = Setting.Count("--context", "Language models: tokens per item at most.", "the model's context", 2);
    private readonly Setting<string?> _separator = Setting.Separator("Language models: what stands between the documents of a .txt file.", "<|endoftext|> where it occurs");
    private readonly Setting<string> _windows = Setting.Choice("--windows", "Language models: documents longer than the context become several items (all) or lose their end (first); packed puts all documents in a row.", "all", "all", "first", "packed");
    private readonly Setting<bool> _perToken = Setting.Flag("--per-token", "Language models: trace the loss of every token too, for bif tokens; how much that takes on disk is said before.");
    private readonly Setting<string?> _tokenFrom = Setting.Text("--token-from", "RUN", "Trace only the tokens of the items most related to the queries in RUN, an earlier run of the same data and queries; with its settings and seed the draws are the same.", "tokens of all items");
    private readonly Setting<int> _tokenTop = Setting.Count("--token-top", "Items on each side per query that --token-from takes.", 10, 1);
    private readonly Setting<string> _precision = Setting.Choice("--precision", "In what matrix products and convolutions are computed: tf32 on GPUs that have it, bfloat16 mainly there. Weights and noise stay float32; what it changes in the losses and their deviations is stated.", "float32", "float32", "tf32", "bfloat16");
    private readonly Setting<string> _tokenPrecision = Setting.Choice("--token-precision", "How the losses of tokens are stored: float16 halves the room and rounds each deviation from the loss at the checkpoint by at most 1/2,048 of itself.", "float32", "float32", "float16");
    private readonly Setting<double> _tokenStorage = Setting.Number("--token-storage", "The most that traces of tokens may take on disk, GiB.", 4, Interval.Above(0));
    private readonly Setting<bool> _resume = Setting.Flag("--resume", "Go on with the unfinished run in --out, or with a larger --draws add draws to a finished one; the result equals that of one uninterrupted run.");
    private readonly Setting<bool> _json = Setting.Flag("--json", "Write one JSON event per line on stdout; the last line is the result.");

    /// <summary>Declares the options.</summary>
    public AttributeCommand()
        : base("attribute", "Sample around a checkpoint and score every training item for every query.")
    {
        foreach (var option in new Option[]
                 {
                     _model, _data, _queries, _out, _preset, _sampler, _preconditioner, _friction, _start, _rank, _curvatureItems, _epsilon, _nbeta, _gamma, _lossRise, _control, _batch, _chains, _draws, _burnIn, _thin, _seed, _parameters,
                     _decay, _stabilizer, _variant, _centered, _centering, _context, _separator, _windows, _perToken, _tokenFrom, _tokenTop, _tokenStorage, _tokenPrecision, _precision, _device, _evalBatch, _threads, _keepDraws, _reliability, _resume, _json,
                 })
        {
            Options.Add(option);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("bif attribute --model ../shared/data/resnet20-cifar10 --data ../shared/data/cifar10@train --queries \"../shared/data/cifar10@test[0:100]\" --out runs/cifar", "Scores 6,000 images for 100 queries."),
        new("bif attribute --model M --data D@train --queries D@test --out runs/m --preset paper-vision --chains 4 --draws 500", "The published settings with other counts."),
        new("bif attribute --model M --data D --queries D@test --out runs/m --resume", "Goes on with an interrupted run (same options)."),
        new("bif attribute --model M --data D --queries D@test --out runs/m --resume --draws 2000", "Adds draws to a finished run until each chain has 2,000."),
    ];

    /// <inheritdoc/>
    public override string Notes => SignConvention.Text;

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Output output)
    {
        var resumeLine = ShellLine.Of(arguments.Tokens.Select(token => token.Value), "--resume");
        using var display = RunDisplay.For(output, arguments.GetValue(_json));
        using var interruption = new Interruption(
            () => display.Report(new RunProgress(RunStage.Sampling, "Interrupted: finishing the present block or step (Ctrl-C again stops at once).")));
        foreach (var remark in WithoutEffect(arguments))
        {
            display.Report(new RunProgress(RunStage.Preparing, remark) { IsWarning = true });
        }

        var spec = Spec(arguments, arguments.GetRequiredValue(_queries));
        RunResult result;
        try
        {
            result = display.Follow(progress => AttributionRun.Execute(
                spec, arguments.GetRequiredValue(_out), arguments.GetValue(_resume), progress, interruption.Token));
        }
        catch (OperationCanceledException)
        {
            display.Stopped(arguments.GetRequiredValue(_out), ShellLine.Of(arguments.Tokens.Select(token => token.Value)));
            return ExitCode.Interrupted;
        }

        display.Finish(result, resumeLine);
        if (result.Verdict == "diverged")
        {
            throw new InputException($"The run {result.Directory} diverged: {result.Reason}; complete blocks are kept.");
        }

        return result.Completed ? ExitCode.Ok : ExitCode.Interrupted;
    }

    /// <summary>What the arguments ask for; options that a verb does not have count as not given.</summary>
    public RunSpec Spec(ParseResult arguments, string queries)
    {
        var preset = arguments.GetValue(_preset) is not null;
        var sampler = SamplerOf(arguments);
        if (preset && sampler != "sgld")
        {
            throw new InputException("--preset paper-vision is defined for --sampler sgld: leave one of them out.");
        }

        return new RunSpec
        {
            Model = arguments.GetRequiredValue(_model),
            Data = arguments.GetRequiredValue(_data),
            Queries = queries,
            Sampler = sampler,
            Preconditioner = arguments.GetValue(_preconditioner),
            Friction = arguments.GetValue(_friction),
            Start = arguments.GetValue(_start) ?? "checkpoint",
            Rank = arguments.GetValue(_rank),
            CurvatureItems = arguments.GetValue(_curvatureItems),
            Epsilon = arguments.GetValue(_epsilon) ?? (preset ? 1e-4 : null),
            Nbeta = arguments.GetValue(_nbeta) ?? (preset ? 10 : null),
            Gamma = arguments.GetValue(_gamma) ?? (preset ? 1000 : null),
            LossRise = arguments.GetValue(_lossRise),
            FirstOrderControl = arguments.GetValue(_control) is { } control ? control == "first-order" : null,
            Batch = arguments.GetValue(_batch),
            Chains = arguments.GetValue(_chains),
            Draws = arguments.GetValue(_draws),
            BurnIn = arguments.GetValue(_burnIn),
            Thin = arguments.GetValue(_thin),
            Seed = arguments.GetValue(_seed) ?? 0,
            Decay = arguments.GetValue(_decay),
            Stabilizer = arguments.GetValue(_stabilizer),
            BiasCorrection = arguments.GetValue(_variant) == "published",
            Centered = arguments.GetValue(_centered),
            Centering = arguments.GetValue(_centering) ?? "per-chain",
            Parameters = arguments.GetValue(_parameters) ?? [],
            Context = arguments.GetValue(_context),
            Separator = arguments.GetValue(_separator),
            Windows = arguments.GetRequiredValue(_windows),
            PerToken = arguments.GetValue(_perToken),
            TokenItems = arguments.GetValue(_tokenFrom) is { } from ? TokenSelection.From(from, arguments.GetValue(_tokenTop)) : [],
            TokenPrecision = arguments.GetValue(_tokenPrecision) ?? "float32",
            Precision = arguments.GetValue(_precision) ?? "float32",
            TokenStorageGiB = arguments.GetValue(_tokenStorage),
            Device = arguments.GetValue(_device) ?? "cpu",
            EvaluationBatch = arguments.GetValue(_evalBatch),
            Threads = arguments.GetValue(_threads),
            KeepDraws = arguments.GetValue(_keepDraws),
            TargetReliability = arguments.GetValue(_reliability),
        };
    }

    // An option that changes nothing is a mistake about what the run does.
    private IEnumerable<string> WithoutEffect(ParseResult arguments)
    {
        var sampler = SamplerOf(arguments);
        foreach (var (option, samplers) in new (Option Option, string[] Samplers)[]
        {
            (_friction, ["baoab"]), (_start, ["baoab"]), (_rank, ["baoab", "laplace"]), (_curvatureItems, ["baoab", "laplace"]), (_lossRise, ["baoab", "laplace"]), (_control, ["laplace"]), (_centered, ["baoab", "sgld", "rmsprop"]), (_batch, ["baoab", "sgld", "rmsprop"]),
            (_epsilon, ["baoab", "sgld", "rmsprop"]), (_thin, ["baoab", "sgld", "rmsprop"]), (_decay, ["rmsprop"]), (_stabilizer, ["rmsprop"]), (_variant, ["rmsprop"]),
        })
        {
            if (sampler is not null && IsGiven(arguments, option) && !samplers.Contains(sampler))
            {
                yield return $"{option.Name} has no effect with --sampler {sampler}: it is for {string.Join(" and ", samplers)}";
            }
        }

        foreach (var (option, needed) in new (Option Option, Option Needed)[] { (_tokenTop, _tokenFrom), (_tokenFrom, _perToken), (_tokenStorage, _perToken), (_tokenPrecision, _perToken) })
        {
            if (IsGiven(arguments, option) && !IsGiven(arguments, needed))
            {
                yield return $"{option.Name} has no effect without {needed.Name}";
            }
        }
    }

    private string? SamplerOf(ParseResult arguments) => arguments.GetValue(_sampler) ?? (arguments.GetValue(_preset) is null ? null : "sgld");

    private static bool IsGiven(ParseResult arguments, Option option) => arguments.GetResult(option) is { Implicit: false };

    private static int? ReadBatch(string word) => word == "full"
        ? 0
        : int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var batch) && batch >= 1 ? batch : null;

    private static ulong? ReadSeed(string word) =>
        ulong.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var seed) ? seed : null;

    private static string? ReadDevice(string word) =>
        word == "cpu" || (word.StartsWith("cuda:", StringComparison.Ordinal) && byte.TryParse(word[5..], NumberStyles.None, CultureInfo.InvariantCulture, out _)) ? word : null;
}
