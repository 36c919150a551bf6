using System.CommandLine;
using Bif.Engine;
using Bif.Engine.Retraining;
using Bif.Engine.Runs;
using Bif.Engine.Training;

namespace Bif.Cli.Parsing;

/// <summary>The options that say how models are retrained: each changes one thing about how the checkpoint was trained.</summary>
internal sealed class RecipeSettings
{
    private const string Recorded = "as the checkpoint was trained";
    private readonly Setting<int?> _epochs = Setting.Count("--epochs", "Passes over a subset.", Recorded, 1);
    private readonly Setting<int?> _batch = Setting.Count("--batch", "Items per training step.", Recorded, 1);
    private readonly Setting<double?> _rate = Setting.Number("--lr", "Peak learning rate (no unit).", Recorded, Interval.AboveZeroTo(1e6));
    private readonly Setting<string?> _optimizer = Setting.Parsed("--optimizer", "sgd|adamw", "SGD with momentum, or AdamW.", $"{Recorded}, else sgd", "sgd or adamw", static word => word is "sgd" or "adamw" ? word : null);
    private readonly Setting<double?> _momentum = Setting.Number("--momentum", "Momentum of SGD.", $"{Recorded}, else 0.9", Interval.Between(0, 1));
    private readonly Setting<double?> _decay = Setting.Number("--weight-decay", "Decay of all parameters.", $"{Recorded}, else 0", Interval.Between(0, 1e6));
    private readonly Setting<double?> _smoothing = Setting.Number("--label-smoothing", "Share of the target spread over all classes.", $"{Recorded}, else 0", Interval.Between(0, 1));
    private readonly Setting<string?> _schedule = Setting.Text("--schedule", "constant|linear|cosine|POINTS", "Factor of the learning rate; POINTS as 0:0,5:1,30:0 (epoch:factor).", $"{Recorded}, else cosine");
    private readonly Setting<string[]> _augment = Setting.Repeatable("--augment", "crop|flip|cutout", "Image augmentation.", $"{Recorded}, else none");
    private readonly Setting<string?> _device = Setting.Text("--device", "cpu|cuda:N", "Where models are trained.", "cpu");

    /// <summary>The options, for a verb's list.</summary>
    public IEnumerable<Option> All => [_epochs, _batch, _rate, _optimizer, _momentum, _decay, _smoothing, _schedule, _augment, _device];

    /// <summary>The recipe for retraining a run's model.</summary>
    /// <param name="arguments">What was given.</param>
    /// <param name="record">The run.</param>
    /// <param name="warn">Receives what the person should know.</param>
    /// <exception cref="InputException">Nothing is recorded beside the checkpoint, and too little was given.</exception>
    public TrainingSpec Recipe(ParseResult arguments, RunRecord record, Action<string> warn)
    {
        var recorded = RecordedTraining.Beside(record.Model.Path);
        if (recorded is not null && recorded.DataHash != record.Data.Hash)
        {
            warn($"{record.Model.Path} was trained on other items ({recorded.Spec.Data}) than the run observes ({record.Spec.Data}): models are retrained on parts of the latter.");
        }

        var missing = new (string Name, bool Given)[] { ("--epochs", arguments.GetValue(_epochs) is not null), ("--batch", arguments.GetValue(_batch) is not null), ("--lr", arguments.GetValue(_rate) is not null) }
            .Where(each => !each.Given).Select(each => each.Name).ToArray();
        if (recorded is null && missing.Length > 0)
        {
            throw new InputException($"{record.Model.Path} has no training.json, so give the recipe that it was trained with: {string.Join(", ", missing)} (and, where they differ from the defaults, --optimizer, --momentum, --weight-decay, --label-smoothing, --schedule, --augment).");
        }

        var basis = recorded?.Spec ?? new TrainingSpec { Config = [], Data = record.Spec.Data, Out = "" };
        return basis with
        {
            Epochs = arguments.GetValue(_epochs) ?? basis.Epochs,
            Batch = arguments.GetValue(_batch) ?? basis.Batch,
            LearningRate = arguments.GetValue(_rate) ?? basis.LearningRate,
            Optimizer = arguments.GetValue(_optimizer) ?? basis.Optimizer,
            Momentum = arguments.GetValue(_momentum) ?? basis.Momentum,
            WeightDecay = arguments.GetValue(_decay) ?? basis.WeightDecay,
            LabelSmoothing = arguments.GetValue(_smoothing) ?? basis.LabelSmoothing,
            Schedule = arguments.GetValue(_schedule) ?? basis.Schedule,
            Augmentation = arguments.GetValue(_augment) is { Length: > 0 } augment ? augment : basis.Augmentation,
            Device = arguments.GetValue(_device) ?? "cpu",
        };
    }
}
