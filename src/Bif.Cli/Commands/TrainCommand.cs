using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Bif.Cli.Parsing;
using Bif.Cli.Terminal;
using Bif.Engine;
using Bif.Engine.Models;
using Bif.Engine.Training;

namespace Bif.Cli.Commands;

/// <summary><c>bif train</c>: trains a model and writes its folder.</summary>
internal sealed class TrainCommand : Verb
{
    private const int LanguageBatch = 16;
    private const double LanguageRate = 0.002;
    private static readonly TrainingSpec Defaults = new() { Config = [], Data = "", Out = "" };
    private readonly Setting<string?> _type = Setting.Text("--model-type", "TYPE", $"Architecture: {string.Join(", ", ArchitectureCatalog.ModelTypes.Where(type => type != "torchscript"))}.", "from --set or --from");
    private readonly Setting<string[]> _set = Setting.Repeatable("--set", "FIELD=VALUE", "A field of config.json, as in hidden_sizes=[128] or depth=20.", "none");
    private readonly Setting<string?> _from = Setting.Text("--from", "DIR", "A model folder to start from.", "new weights");
    private readonly Setting<string> _data = Setting.Required("--data", "PATH[@SPLIT][[A:B]]", "Training items.");
    private readonly Setting<string?> _validation = Setting.Text("--validation", "PATH[@SPLIT][[A:B]]", "Items to measure loss and accuracy on after each epoch.", "none");
    private readonly Setting<string> _out = Setting.Required("--out", "DIR", "Model folder to write.");
    private readonly Setting<int> _epochs = Setting.Count("--epochs", "Passes over the data.", Defaults.Epochs, 1);
    private readonly Setting<int?> _batch = Setting.Count("--batch", "Items per step.", $"{Defaults.Batch}; {LanguageBatch} for language models", 1);
    private readonly Setting<string?> _optimizer = Setting.Parsed("--optimizer", "sgd|adamw", "SGD with momentum, or AdamW.", $"{Defaults.Optimizer}; adamw for language models", "sgd or adamw", static word => word is "sgd" or "adamw" ? word : null);
    private readonly Setting<double?> _rate = Setting.Number("--lr", "Peak learning rate (no unit).", $"{Defaults.LearningRate}; {LanguageRate} for language models", Interval.AboveZeroTo(1e6));
    private readonly Setting<double> _momentum = Setting.Number("--momentum", "Momentum of SGD.", Defaults.Momentum, Interval.Between(0, 1));
    private readonly Setting<bool> _nesterov = Setting.Flag("--nesterov", "Nesterov's momentum.");
    private readonly Setting<double> _decay = Setting.Number("--weight-decay", "Decay of all parameters.", Defaults.WeightDecay, Interval.Between(0, 1e6));
    private readonly Setting<double> _smoothing = Setting.Number("--label-smoothing", "Share of the target spread over all classes.", Defaults.LabelSmoothing, Interval.Between(0, 1));
    private readonly Setting<string?> _schedule = Setting.Text("--schedule", "constant|linear|cosine|POINTS", "Factor of the learning rate; POINTS as 0:0,5:1,30:0 (epoch:factor), linear between them.", Defaults.Schedule);
    private readonly Setting<string[]> _augment = Setting.Repeatable("--augment", "crop|flip|cutout", "Image augmentation.", "none");
    private readonly Setting<string?> _tokenizer = Setting.Text("--tokenizer", "FILE", "Language models: a tokenizer.json to use.", "the start's, or one trained on the data");
    private readonly Setting<int?> _vocabulary = Setting.Count("--vocabulary", "Language models: tokens of the tokenizer trained on the data; 257 are the bytes alone.", "1024", 257);
    private readonly Setting<int?> _context = Setting.Count("--context", "Language models: tokens per item at most.", "the model's context, 256 for a new one", 2);
    private readonly Setting<string?> _separator = Setting.Separator("Language models: what stands between the documents of a .txt file.", "<|endoftext|> where it occurs");
    private readonly Setting<string> _windows = Setting.Choice("--windows", "Language models: documents longer than the context become several items (all) or lose their end (first); packed puts all documents in a row.", "all", "all", "first", "packed");
    private readonly Setting<int> _checkpoint = Setting.Count("--checkpoint-every", "Epochs between checkpoints in OUT/checkpoints; 0 for none.", Defaults.CheckpointEvery, 0);
    private readonly Setting<int> _seed = Setting.Count("--seed", "Seed of weights, order and augmentation; the result follows from it bit for bit.", 0, 0);
    private readonly Setting<int?> _threads = Setting.Threads("CPU threads.");
    private readonly Setting<bool> _json = Setting.Flag("--json", "Write one JSON object per epoch on stdout.");

    /// <summary>Declares the options.</summary>
    public TrainCommand() : base("train", "Train a model on a dataset, deterministically from its seed.")
    {
        foreach (var option in new Option[]
                 {
                     _type, _set, _from, _data, _validation, _out, _epochs, _batch, _optimizer, _rate, _momentum, _nesterov, _decay, _smoothing,
                     _schedule, _augment, _tokenizer, _vocabulary, _context, _separator, _windows, _checkpoint, _seed, _threads, _json,
                 })
        {
            Options.Add(option);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("bif train --model-type mlp --set hidden_sizes=[128] --data \"../shared/data/mnist@train[0:1000]\" --validation ../shared/data/mnist@test --out models/mlp --epochs 60 --batch 50", "A small classifier in seconds."),
        new("bif train --model-type llama --data ../shared/data/text/tinystories.txt --validation \"../shared/data/text/tinystories.txt[-50:]\" --out models/stories --epochs 3 --vocabulary 512", "A small language model with a tokenizer of its own."),
        new("bif train --model-type resnet9 --data ../shared/data/cifar10@train --out models/resnet9 --epochs 24 --batch 512 --schedule 0:0,5:1,24:0 --augment crop --augment flip --label-smoothing 0.1 --checkpoint-every 8", "The CIFAR-10 network of the attribution literature."),
    ];

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Output output)
    {
        var from = arguments.GetValue(_from);
        var config = new JsonObject();
        foreach (var field in arguments.GetValue(_set) ?? [])
        {
            var at = field.IndexOf('=');
            if (at <= 0)
            {
                throw new InputException($"--set \"{field}\" is not of the form FIELD=VALUE.");
            }

            config[field[..at]] = Value(field[(at + 1)..]);
        }

        if (arguments.GetValue(_type) is { } type)
        {
            config["model_type"] = type;
        }

        if (from is null && !config.ContainsKey("model_type"))
        {
            throw new InputException("bif train needs --model-type (or --from): see bif train --help.");
        }

        var modelType = config["model_type"]?.ToString() ?? ModelConfig.Read(Path.Combine(from!, "config.json")).ModelType;
        var language = ArchitectureCatalog.IsLanguageModel(modelType);
        foreach (var option in new Option[] { _tokenizer, _vocabulary, _context, _separator, _windows })
        {
            if (!language && arguments.GetResult(option) is { Implicit: false })
            {
                throw new InputException($"{option.Name} is for language models, and {modelType} is none: leave it out.");
            }
        }

        var spec = new TrainingSpec
        {
            Config = config,
            StartFrom = from,
            Data = arguments.GetRequiredValue(_data),
            Validation = arguments.GetValue(_validation),
            Out = arguments.GetRequiredValue(_out),
            Epochs = arguments.GetValue(_epochs),
            Batch = arguments.GetValue(_batch) ?? (language ? LanguageBatch : Defaults.Batch),
            Optimizer = arguments.GetValue(_optimizer) ?? (language ? "adamw" : Defaults.Optimizer),
            LearningRate = arguments.GetValue(_rate) ?? (language ? LanguageRate : Defaults.LearningRate),
            Momentum = arguments.GetValue(_momentum),
            Nesterov = arguments.GetValue(_nesterov),
            WeightDecay = arguments.GetValue(_decay),
            LabelSmoothing = arguments.GetValue(_smoothing),
            Schedule = arguments.GetValue(_schedule) ?? Defaults.Schedule,
            Augmentation = arguments.GetValue(_augment) ?? [],
            Tokenizer = arguments.GetValue(_tokenizer),
            Vocabulary = arguments.GetValue(_vocabulary),
            Context = arguments.GetValue(_context),
            Separator = arguments.GetValue(_separator),
            Windows = arguments.GetRequiredValue(_windows),
            CheckpointEvery = arguments.GetValue(_checkpoint),
            Seed = (ulong)arguments.GetValue(_seed),
            Threads = arguments.GetValue(_threads),
        };
        var json = arguments.GetValue(_json);
        using var interruption = new Interruption(() => output.Messages.WriteLine("Interrupted: finishing the epoch, then writing the weights so far."));
        var last = Trainer.Run(
            spec,
            progress =>
            {
                if (json)
                {
                    output.Json(progress);
                }
                else
                {
                    output.Messages.WriteLine(string.Create(CultureInfo.InvariantCulture,
                        $"epoch {progress.Epoch}/{progress.Epochs}  loss {progress.Loss:F4}  {(progress.ValidationLoss is { } loss ? $"validation {loss:F4}  " : "")}{(progress.ValidationAccuracy is { } accuracy ? $"accuracy {accuracy:P1}  " : "")}{progress.ItemsPerSecond:F0} items/s"));
                }
            },
            interruption.Token);
        if (!json)
        {
            output.Results.WriteLine($"Wrote {Path.GetFullPath(spec.Out)} after {last.Epoch} epochs (training loss {last.Loss:G4} nats{(language ? " per token" : "")}).");
        }

        if (last.ChanceLoss is { } chance && last.Loss >= chance)
        {
            output.Warn($"the training loss ended at {last.Loss:G4} nats, no better than guessing ({chance:G4}): nothing was learned. Lower --lr (it was {spec.LearningRate}) or train for longer.");
        }

        return interruption.Token.IsCancellationRequested ? ExitCode.Interrupted : ExitCode.Ok;
    }

    private static JsonNode? Value(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return text;
        }
    }
}
