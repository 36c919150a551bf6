using System.Runtime.InteropServices;
using Bif.Engine.Models;
using Bif.Engine.Training;
using Bif.Kernels;
using static TorchSharp.torch;

namespace Bif.Engine.Retraining;

/// <summary>
/// Small fully connected networks side by side: one batched product does a layer of all of them. Each model sees the same
/// items in the same order from the same weights as if it were trained alone, and ends at the same place within rounding.
/// </summary>
internal sealed class StackedRetrainer(RetrainingProblem problem) : IRetrainer
{
    private const int EvaluationBatch = 256;
    private const int LargestStack = 32;
    private const long StackedParametersOnCpu = 1L << 20;
    private const long StackedParametersOnGpu = 1L << 26;

    /// <summary>Whether the problem's models can be trained so.</summary>
    public static bool Suits(RetrainingProblem problem) => StackedNetwork.CanStack(problem.Model.Architecture) && problem.Recipe.Augmentation.Count == 0;

    /// <inheritdoc/>
    public int AtOnce
    {
        get
        {
            var room = problem.Model.Parameters.is_cpu() ? StackedParametersOnCpu : StackedParametersOnGpu;
            return (int)Math.Clamp(room / problem.Model.Layout.ParameterCount, 1, LargestStack);
        }
    }

    /// <inheritdoc/>
    public float[][] QueryLosses(IReadOnlyList<RetrainedModel> models, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        using var network = NewNetwork(models);
        var features = network.First.shape[1];
        if (SubsetSpan.Pays(problem.Recipe, models[0].Items.Length, problem.Feed.Count, features))
        {
            TrainInSpan(network, models, cancellation);
        }
        else
        {
            Train(network, models, null, cancellation);
        }

        return Measure(network, models.Count);
    }

    private StackedNetwork NewNetwork(IReadOnlyList<RetrainedModel> models)
    {
        using var scope = NewDisposeScope();
        return StackedNetwork.Of(problem.Model.Architecture, [.. models.Select(model => problem.NewParameters(model.Seed))]);
    }

    private void TrainInSpan(StackedNetwork network, IReadOnlyList<RetrainedModel> models, CancellationToken cancellation)
    {
        var (items, gram) = problem.Gram;
        using var whole = network.First.detach();
        using var span = new SubsetSpan(problem.Recipe, items, gram, models, whole);
        using (network.ReplaceFirst(span.Weight))
        {
            Train(network, models, span, cancellation);
            network.ReplaceFirst(span.Whole(network.First)).Dispose();
        }
    }

    private void Train(StackedNetwork network, IReadOnlyList<RetrainedModel> models, SubsetSpan? span, CancellationToken cancellation)
    {
        var recipe = problem.Recipe;
        var schedule = LearningRateSchedule.Parse(recipe.Schedule, recipe.Epochs);
        using var optimizer = new StackedOptimizer(recipe, network.Tensors);
        var size = models[0].Items.Length;
        var steps = (size + recipe.Batch - 1) / recipe.Batch;
        var orders = models.Select(_ => new int[size]).ToArray();
        for (var epoch = 0; epoch < recipe.Epochs; epoch++)
        {
            cancellation.ThrowIfCancellationRequested();
            for (var model = 0; model < models.Count; model++)
            {
                new PhiloxStream(models[model].Seed, 0, PhiloxPurpose.Order, (ulong)epoch).SampleWithoutReplacement(size, orders[model]);
            }

            for (var step = 0; step < steps; step++)
            {
                using var scope = NewDisposeScope();
                var first = step * recipe.Batch;
                var count = Math.Min(recipe.Batch, size - first);
                var (inputs, targets) = Batch(models, orders, first, count, span);
                var outputs = network.Forward(inputs, problem.Model.Objective);
                var loss = TrainingLoop.MeanLoss(problem.Model.Objective, outputs, targets, recipe.LabelSmoothing) * models.Count;
                if (step == steps - 1)
                {
                    // Once an epoch: reading the value waits for the device.
                    TrainingLoop.RequireFinite(loss.item<float>(), epoch, recipe);
                }

                var rate = recipe.LearningRate * schedule.At(epoch + ((step + 0.5) / steps));
                optimizer.Step(loss, rate);
                span?.Step(rate);
            }
        }
    }

    // Inputs [model, batch, features or coordinates] and targets [model · batch].
    private (Tensor Inputs, Tensor Targets) Batch(IReadOnlyList<RetrainedModel> models, int[][] orders, int first, int count, SubsetSpan? span)
    {
        var items = new int[models.Count * count];
        var places = new long[items.Length];
        for (var position = 0; position < items.Length; position++)
        {
            var model = position / count;
            var place = orders[model][first + (position % count)];
            items[position] = models[model].Items[place];
            places[position] = ((long)model * models[model].Items.Length) + place;
        }

        if (span is null)
        {
            var batch = problem.Feed.Gather(items);
            return (batch.Inputs.flatten(1).view(models.Count, count, -1), batch.Targets);
        }

        var rows = span.Inputs.flatten(0, 1).index_select(0, tensor(places).to(span.Inputs.device));
        return (rows.view(models.Count, count, -1), problem.Feed.Targets(items));
    }

    private float[][] Measure(StackedNetwork network, int models)
    {
        using var inference = no_grad();
        var feed = problem.QueryFeed;
        var losses = Enumerable.Range(0, models).Select(_ => new float[feed.Count]).ToArray();
        for (var start = 0; start < feed.Count; start += EvaluationBatch)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(EvaluationBatch, feed.Count - start);
            var batch = feed.Range(start, count);
            var inputs = batch.Inputs.flatten(1);
            var outputs = network.Forward(inputs.expand(models, -1, -1), problem.Model.Objective);
            var values = ItemLoss.Of(problem.Model.Objective, outputs, batch.Targets.repeat(models)).cpu().contiguous();
            var rows = MemoryMarshal.Cast<byte, float>(values.bytes);
            for (var model = 0; model < models; model++)
            {
                rows.Slice(model * count, count).CopyTo(losses[model].AsSpan(start));
            }
        }

        return losses;
    }
}
