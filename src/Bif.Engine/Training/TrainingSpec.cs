using System.Text.Json.Nodes;

namespace Bif.Engine.Training;

/// <summary>What a training is asked to do. Everything random follows from the seed.</summary>
public sealed record TrainingSpec
{
    /// <summary>The fields of config.json: model_type and the architecture's own; what data can tell is filled in.</summary>
    public required JsonObject Config { get; init; }

    /// <summary>A model folder whose weights training starts from, or null for new ones.</summary>
    public string? StartFrom { get; init; }

    /// <summary>Training items: PATH[@SPLIT][[A:B]].</summary>
    public required string Data { get; init; }

    /// <summary>Items to measure the result on, or null.</summary>
    public string? Validation { get; init; }

    /// <summary>The model folder to write.</summary>
    public required string Out { get; init; }

    /// <summary>Passes over the data.</summary>
    public int Epochs { get; init; } = 10;

    /// <summary>Items per step.</summary>
    public int Batch { get; init; } = 128;

    /// <summary>sgd or adamw.</summary>
    public string Optimizer { get; init; } = "sgd";

    /// <summary>Peak learning rate.</summary>
    public double LearningRate { get; init; } = 0.05;

    /// <summary>Momentum of SGD.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>Whether SGD's momentum looks ahead.</summary>
    public bool Nesterov { get; init; }

    /// <summary>Decay of all parameters: added to the gradient (sgd) or decoupled (adamw).</summary>
    public double WeightDecay { get; init; }

    /// <summary>Share of the target spread over all classes.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>constant, linear, cosine, or points "epoch:factor,…" between which the rate is linear.</summary>
    public string Schedule { get; init; } = "cosine";

    /// <summary>Image augmentation: crop (pad 4, random crop), flip (horizontal), cutout (8×8).</summary>
    public IReadOnlyList<string> Augmentation { get; init; } = [];

    /// <summary>Language models: a tokenizer.json to use; null for the start's, or one trained on the data.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>Language models: tokens of a tokenizer trained on the data, 257 for bytes alone; null for 1,024.</summary>
    public int? Vocabulary { get; init; }

    /// <summary>Language models: tokens per item at most; null for the model's context, 256 for a new one.</summary>
    public int? Context { get; init; }

    /// <summary>Language models: what stands between the documents of a .txt file; null for the end-of-text mark where it occurs.</summary>
    public string? Separator { get; init; }

    /// <summary>Language models: what becomes of documents longer than the context: all, first or packed.</summary>
    public string Windows { get; init; } = "all";

    /// <summary>Epochs between checkpoints; 0 for none but the last.</summary>
    public int CheckpointEvery { get; init; }

    /// <summary>Seed of weights, order and augmentation.</summary>
    public ulong Seed { get; init; }

    /// <summary>CPU threads, or null for one per core.</summary>
    public int? Threads { get; init; }

    /// <summary>cpu or cuda:N.</summary>
    public string Device { get; init; } = "cpu";
}

/// <summary>One epoch's result.</summary>
/// <param name="Epoch">Epochs done.</param>
/// <param name="Epochs">Epochs in all.</param>
/// <param name="Loss">Mean training loss over the epoch, nats; of language models per token.</param>
/// <param name="ValidationLoss">Mean validation loss, or null; of language models per token.</param>
/// <param name="ValidationAccuracy">Share of validation items classified right, or null where items have no classes.</param>
/// <param name="ItemsPerSecond">Training throughput of the epoch.</param>
/// <param name="ChanceLoss">Loss of guessing evenly among the classes or tokens, nats; null for regression.</param>
public sealed record TrainingProgress(
    int Epoch, int Epochs, double Loss, double? ValidationLoss, double? ValidationAccuracy, double ItemsPerSecond, double? ChanceLoss);
