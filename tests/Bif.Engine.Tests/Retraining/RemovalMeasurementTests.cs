using Bif.Engine.Retraining;
using Bif.Engine.Runs;
using Bif.Engine.Tests.Runs;
using Bif.Engine.Training;
using Xunit;

namespace Bif.Engine.Tests.Retraining;

/// <summary>Leaving items out: the predicted change against the measured one.</summary>
public sealed class RemovalMeasurementTests
{
    private static readonly TrainingSpec ToTheFit = new() { Config = [], Data = "", Out = "", Epochs = 150, Batch = 64, LearningRate = 0.15, Momentum = 0.5, Schedule = "constant" };

    [Fact]
    public void On_a_linear_model_a_querys_copy_left_out_changes_its_loss_as_predicted()
    {
        using var problem = TestProblem.Random(4);
        var run = Run(problem);
        var removal = RemovalMeasurement.Run(run, [7], ToTheFit, 2, 2, null, CancellationToken.None)!;
        Assert.Equal([7], removal.Without);
        Assert.True(removal.Predicted[0] > 0, $"leaving a copy of the query out must hurt it: {removal.Predicted[0]}");
        Assert.InRange(removal.Measured[0] / removal.Predicted[0], 0.6, 1.6);
        Assert.InRange(removal.MeasuredError[0], 0, 0.02 * removal.Measured[0]);
    }

    [Fact]
    public void Predicted_changes_of_sets_add_up_and_have_the_scale_of_the_group_influence()
    {
        float[] bif = [0.5f, -0.25f, 0, 1];
        Assert.Equal(-8 * (0.5 - 0.25) / 4, RemovalMeasurement.PredictedChange(bif, [0, 1], 8), 12);
        Assert.Equal(
            RemovalMeasurement.PredictedChange(bif, [0, 1, 3], 8),
            RemovalMeasurement.PredictedChange(bif, [0], 8) + RemovalMeasurement.PredictedChange(bif, [1, 3], 8), 12);
        Assert.Equal(new Bif.Engine.Attribution.GroupInfluence(2, 0.25, 0, 0).ChangeWhenRemoved(8, 4), RemovalMeasurement.PredictedChange(bif, [0, 1], 8), 12);
    }

    [Fact]
    public void Nothing_and_everything_cannot_be_left_out()
    {
        using var problem = TestProblem.Random(4);
        var run = Run(problem);
        Assert.Throws<InputException>(() => RemovalMeasurement.Run(run, [], ToTheFit, 2, 1, null, CancellationToken.None));
        Assert.Throws<InputException>(() => RemovalMeasurement.Run(run, [.. Enumerable.Range(0, 40)], ToTheFit, 2, 1, null, CancellationToken.None));
    }

    private static RunDirectory Run(TestProblem problem) => RunDirectory.Open(problem.Run("run", problem.Spec() with
    {
        Sampler = "laplace", Preconditioner = "lowrank", Nbeta = 4000, Gamma = 1, Chains = 2, Draws = 2000, Threads = 1, Centered = true,
    }));
}
