using Bif.Engine.Models;
using Bif.Engine.Sampling;
using Bif.Engine.Training;
using static TorchSharp.torch;

namespace Bif.Engine.Retraining;

/// <summary>One model after another, of any architecture that can be trained.</summary>
internal sealed class SequentialRetrainer(RetrainingProblem problem) : IRetrainer
{
    private const int EvaluationBatch = 128;
    private const int LanguageEvaluationBatch = 16;

    /// <inheritdoc/>
    public int AtOnce => 1;

    /// <inheritdoc/>
    public float[][] QueryLosses(IReadOnlyList<RetrainedModel> models, CancellationToken cancellation)
        => [.. models.Select(model => QueryLosses(model, cancellation))];

    private float[] QueryLosses(RetrainedModel wanted, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        using var model = problem.NewModel(wanted.Seed);
        var spec = problem.Recipe with { Seed = wanted.Seed };
        using var loop = new TrainingLoop(spec, model, problem.Feed, wanted.Items);
        for (var epoch = 0; epoch < spec.Epochs; epoch++)
        {
            cancellation.ThrowIfCancellationRequested();
            loop.RunEpoch(epoch);
        }

        var losses = new float[problem.QueryFeed.Count];
        LossEvaluator.Evaluate(model, loop.Weights, problem.QueryFeed, model.Architecture is LanguageModel ? LanguageEvaluationBatch : EvaluationBatch, losses);
        return losses;
    }
}
