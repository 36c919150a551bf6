using System.Diagnostics;
using System.Text.Json;
using Bif.Engine.Checkpoints;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Runs;
using Bif.Engine.Sampling;
using static TorchSharp.torch;

namespace Bif.Engine.Training;

/// <summary>Trains a model and writes its folder. The same spec gives the same weights, bit for bit, on one machine.</summary>
public static class Trainer
{
    /// <summary>Trains.</summary>
    /// <param name="spec">What to do.</param>
    /// <param name="progress">Receives a report after each epoch.</param>
    /// <param name="cancellation">Stops after the epoch; the folder then holds the weights so far.</param>
    /// <exception cref="InputException">Bad input, or a loss that is not finite.</exception>
    public static TrainingProgress Run(TrainingSpec spec, Action<TrainingProgress>? progress, CancellationToken cancellation)
    {
        if (spec.Optimizer is not ("sgd" or "adamw"))
        {
            throw new InputException($"There is no optimizer \"{spec.Optimizer}\": choose sgd or adamw.");
        }

        // Bad words are refused before anything is loaded.
        _ = LearningRateSchedule.Parse(spec.Schedule, spec.Epochs);
        _ = new Augmentation(spec.Augmentation, spec.Seed);
        var device = new Device(spec.Device);
        set_num_threads(spec.Threads ?? Environment.ProcessorCount);
        using var scope = NewDisposeScope();
        using var start = spec.StartFrom is null ? null : Model.Load(spec.StartFrom, device);
        var draft = start?.Config ?? new ModelConfig(spec.Config, Path.Combine(spec.Out, "config.json"));
        var target = start?.TargetKind ?? draft.TargetKind;
        var language = ArchitectureCatalog.IsLanguageModel(draft.ModelType);
        if (language)
        {
            LanguageSetup.PrepareTokenizer(spec, start?.Config);
            draft = start is null ? LanguageSetup.Fill(draft, spec) : draft;
        }

        var input = InputOf(draft, spec);
        using var data = DatasetLoader.Open(spec.Data, input, target);
        var config = start is null && !language ? ConfigFiller.Fill(draft, data) : draft;
        var architecture = start?.Architecture ?? ArchitectureCatalog.Create(new ModelSource(config, _ => null));
        if (config.ModelType == "torchscript")
        {
            throw new InputException("A TorchScript module cannot be trained here: train it where it was made.");
        }

        var parameters = start?.Parameters.clone() ?? WeightInitializer.Parameters(architecture.Layout, spec.Seed).to(device);
        var buffers = start?.Buffers.Select(buffer => buffer.clone()).ToList()
            ?? [.. WeightInitializer.Buffers(architecture.Layout).Select(buffer => buffer.to(device))];
        using var model = Model.FromValues(config, architecture, parameters, buffers);
        model.CheckData(data);
        using var feed = new DataFeed(data, model.Input, device);
        using var validation = spec.Validation is null ? null : DatasetLoader.Open(spec.Validation, language ? input : model.Input, target);
        using var validationFeed = validation is null ? null : new DataFeed(validation, model.Input, device);
        if (validation is not null)
        {
            model.CheckData(validation);
        }

        RunDirectory.RequireWritable(spec.Out);
        using var loop = new TrainingLoop(spec, model, feed);
        var last = new TrainingProgress(0, spec.Epochs, double.NaN, null, null, 0, model.ChanceLoss);
        for (var epoch = 0; epoch < spec.Epochs && !cancellation.IsCancellationRequested; epoch++)
        {
            var clock = Stopwatch.StartNew();
            var loss = loop.RunEpoch(epoch);
            var rate = feed.Count / clock.Elapsed.TotalSeconds;
            var (validationLoss, accuracy) = validationFeed is null ? (null, null) : Measure(model, loop.Weights, validationFeed);
            last = new TrainingProgress(epoch + 1, spec.Epochs, loss, validationLoss, accuracy, rate, model.ChanceLoss);
            progress?.Invoke(last);
            if (spec.CheckpointEvery > 0 && (epoch + 1) % spec.CheckpointEvery == 0 && epoch + 1 < spec.Epochs)
            {
                loop.RequireFiniteWeights();
                Save(Path.Combine(spec.Out, "checkpoints", $"epoch-{epoch + 1:D4}"), model, config, input.Text?.TokenizerFile);
            }
        }

        loop.RequireFiniteWeights();
        Save(spec.Out, model, config, input.Text?.TokenizerFile);
        RunDirectory.Replace(
            Path.Combine(spec.Out, "training.json"),
            JsonSerializer.Serialize(new { spec, result = last, data_hash = data.Hash }, RunRecord.Json) + "\n");
        return last;
    }

    // The start's tokenizer was copied: the folder that is written has everything.
    private static InputSpec InputOf(ModelConfig config, TrainingSpec spec)
    {
        var input = InputSpec.From(config);
        return input.Text is { } text
            ? input with { Text = (text with { TokenizerFile = Path.Combine(spec.Out, "tokenizer.json") }).With(spec.Context, spec.Separator, spec.Windows) }
            : input;
    }

    private static (double? Loss, double? Accuracy) Measure(Model model, Weights weights, DataFeed feed)
    {
        using var inference = no_grad();
        double loss = 0, right = 0;
        if (model.Architecture is LanguageModel)
        {
            var items = new float[feed.Count];
            LossEvaluator.Evaluate(model, weights, feed, 32, items);
            return (items.Sum(each => (double)each) / feed.TokenOffsets[^1], null);
        }

        for (var start = 0; start < feed.Count; start += 128)
        {
            using var scope = NewDisposeScope();
            var batch = feed.Range(start, Math.Min(128, feed.Count - start));
            var outputs = model.Architecture.Forward(weights, batch.Inputs);
            loss += ItemLoss.Of(model.Objective, outputs, batch.Targets).sum().item<float>();
            right += model.Objective == Objective.CrossEntropy ? outputs.argmax(1).eq(batch.Targets).sum().item<long>() : 0;
        }

        return (loss / feed.Count, model.Objective == Objective.CrossEntropy ? right / feed.Count : null);
    }

    private static void Save(string folder, Model model, ModelConfig config, string? tokenizer)
    {
        Directory.CreateDirectory(folder);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        ReadOnlyMemory<float> Values(Tensor tensor) => new TensorMemory(tensor.cpu().contiguous()).Memory;
        var flat = Values(model.Parameters);
        SafetensorsFile.Write(
            Path.Combine(folder, "model.safetensors"),
            model.Layout.Parameters.Select(spec => (spec.Name, spec.Shape, flat.Slice((int)spec.Offset, (int)spec.Length)))
                .Concat(model.Layout.Buffers.Select((spec, index) => (spec, index)).Where(entry => !entry.spec.Optional)
                    .Select(entry => (entry.spec.Name, entry.spec.Shape, Values(model.Buffers[entry.index])))));
        RunDirectory.Replace(Path.Combine(folder, "config.json"), config.ToJson() + "\n");
        // A file of names lies beside the configuration that names it.
        if (model.Input.LabelNamesFile is { } names && Path.GetDirectoryName(config.Text("label_names_file")) is "" && Path.GetFullPath(names) != Path.GetFullPath(Path.Combine(folder, Path.GetFileName(names))))
        {
            File.Copy(names, Path.Combine(folder, Path.GetFileName(names)), overwrite: true);
        }

        if (tokenizer is not null && Path.GetDirectoryName(tokenizer) != folder)
        {
            File.Copy(tokenizer, Path.Combine(folder, "tokenizer.json"), overwrite: true);
        }
    }
}
