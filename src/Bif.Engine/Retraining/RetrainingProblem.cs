using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Runs;
using Bif.Engine.Training;
using static TorchSharp.torch;

namespace Bif.Engine.Retraining;

/// <summary>What models of a run are trained again on: its structure, training items, queries, and the recipe.</summary>
public sealed class RetrainingProblem : IDisposable
{
    private readonly Model? _start;
    private readonly Device _device;
    private readonly Lazy<(Tensor Items, Tensor Gram)> _gram;

    private RetrainingProblem(Model model, Model? start, Dataset data, Dataset queries, TrainingSpec recipe, Device device)
    {
        (Model, _start, Data, Queries, Recipe, _device) = (model, start, data, queries, recipe, device);
        Feed = new DataFeed(data, model.Input, device);
        QueryFeed = new DataFeed(queries, model.Input, device);
        _gram = new(NewGram);
    }

    /// <summary>Opens what a run observed.</summary>
    /// <param name="record">The run.</param>
    /// <param name="recipe">How models are trained; its data and folder are not looked at, its device is.</param>
    /// <exception cref="InputException">Checkpoint or data are gone or have changed, or the model cannot be trained.</exception>
    public static RetrainingProblem Of(RunRecord record, TrainingSpec recipe)
    {
        var problem = Open(record.Model.Path, record.Spec.Data, record.Spec.Queries, record.Spec.InputOf, recipe);
        try
        {
            RequireSame(problem.Data, record.Data);
            RequireSame(problem.Queries, record.Queries);
            return problem;
        }
        catch
        {
            problem.Dispose();
            throw;
        }
    }

    /// <summary>Opens a model folder with data of its kind.</summary>
    internal static RetrainingProblem Open(string folder, string data, string queries, Func<Model, InputSpec> input, TrainingSpec recipe)
    {
        var model = Model.Load(folder, new Device(recipe.Device));
        return Of(model, DatasetLoader.Open(data, input(model), model.TargetKind), DatasetLoader.Open(queries, input(model), model.TargetKind), recipe);
    }

    /// <summary>Takes ownership of a model on the recipe's device and of its data.</summary>
    /// <exception cref="InputException">The recipe has an unknown word, or the model cannot be trained.</exception>
    public static RetrainingProblem Of(Model model, Dataset data, Dataset queries, TrainingSpec recipe)
    {
        if (recipe.Optimizer is not ("sgd" or "adamw"))
        {
            throw new InputException($"There is no optimizer \"{recipe.Optimizer}\": choose sgd or adamw.");
        }

        _ = LearningRateSchedule.Parse(recipe.Schedule, recipe.Epochs);
        _ = new Augmentation(recipe.Augmentation, 0);
        if (model.Config.ModelType == "torchscript")
        {
            throw new InputException($"{model.Path} is a TorchScript module, which cannot be trained here: retraining needs one of the built-in architectures.");
        }

        var device = new Device(recipe.Device);
        return new RetrainingProblem(model, recipe.StartFrom is { } from ? Model.Load(from, device) : null, data, queries, recipe, device);
    }

    /// <summary>The structure; its values serve nothing here.</summary>
    public Model Model { get; }

    /// <summary>The training items of which models see a part.</summary>
    public Dataset Data { get; }

    /// <summary>The items whose losses are measured.</summary>
    public Dataset Queries { get; }

    /// <summary>How models are trained.</summary>
    public TrainingSpec Recipe { get; }

    /// <summary>The training items as batches.</summary>
    internal DataFeed Feed { get; }

    /// <summary>The queries as batches.</summary>
    internal DataFeed QueryFeed { get; }

    /// <summary>All training items [n, features], float32, and their products with each other [n, n], float64; kept here.</summary>
    internal (Tensor Items, Tensor Gram) Gram => _gram.Value;

    /// <summary>
    /// SHA-256 (hex) over everything that determines the retrained losses, wherever the files lie: structure, recipe, data,
    /// queries, and what the caller adds (the choice of subsets). Not the checkpoint's values: all its runs share a bank.
    /// </summary>
    internal string Identity(object choice)
    {
        var recipe = Recipe with { Config = [], StartFrom = null, Data = "", Validation = null, Out = "", Seed = 0, CheckpointEvery = 0, Threads = null, Device = "" };
        var text = JsonSerializer.Serialize(
            new { config = Model.Config.ToJson(), recipe, start = _start?.Hash, data = Data.Hash, queries = Queries.Hash, choice }, RunRecord.Compact);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>The parameters [P] from which a model starts; the caller's to dispose.</summary>
    internal Tensor NewParameters(ulong seed) => _start?.Parameters.clone() ?? WeightInitializer.Parameters(Model.Layout, seed).to(_device);

    /// <summary>A model before training; the caller's to dispose.</summary>
    internal Model NewModel(ulong seed) => Model.FromValues(
        Model.Config, Model.Architecture, NewParameters(seed),
        _start?.Buffers.Select(buffer => buffer.clone()).ToList() ?? [.. WeightInitializer.Buffers(Model.Layout).Select(buffer => buffer.to(_device))]);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_gram.IsValueCreated)
        {
            _gram.Value.Items.Dispose();
            _gram.Value.Gram.Dispose();
        }

        Feed.Dispose();
        QueryFeed.Dispose();
        Data.Dispose();
        Queries.Dispose();
        _start?.Dispose();
        Model.Dispose();
    }

    private (Tensor Items, Tensor Gram) NewGram()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var items = Feed.Range(0, Feed.Count).Inputs.flatten(1).contiguous();
        var wide = items.to(float64);
        return (items.clone().DetachFromDisposeScope(), wide.matmul(wide.t()).DetachFromDisposeScope());
    }

    private static void RequireSame(Dataset data, DataRecord record)
    {
        if (data.Hash != record.Hash)
        {
            throw new InputException($"{data.Path} does not hold the items of the run any more (their hash differs): put the old ones back, or run anew.");
        }
    }
}
