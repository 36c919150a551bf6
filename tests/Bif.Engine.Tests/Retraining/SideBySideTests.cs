using System.Text.Json.Nodes;
using Bif.Engine.Retraining;
using Bif.Engine.Tests.Runs;
using Bif.Engine.Training;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Engine.Tests.Retraining;

/// <summary>Models trained side by side end where they end when trained alone.</summary>
public sealed class SideBySideTests
{
    public static TheoryData<string, bool, double, double> Recipes => new()
    {
        { "sgd", false, 0.1, 0 },
        { "sgd", true, 0.1, 0.2 },
        { "adamw", false, 0.01, 0 },
    };

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Networks_trained_side_by_side_equal_those_trained_one_after_another(string optimizer, bool nesterov, double rate, double smoothing)
    {
        using var tiny = new TinyClassification();
        using var problem = tiny.Open(TinyClassification.Recipe with { Optimizer = optimizer, Nesterov = nesterov, LearningRate = rate, LabelSmoothing = smoothing });
        RequireEqual(problem, Subsets(problem.Data.Count, 29, 5));
    }

    [Fact]
    public void Linear_regressions_trained_side_by_side_equal_those_trained_one_after_another()
    {
        using var problem = TestProblem.Random(11);
        using var linear = RetrainingProblem.Open(
            problem.Model, problem.Spec().Data, problem.Spec().Queries, model => model.Input, TinyClassification.Recipe with { LearningRate = 0.02, Epochs = 30 });
        RequireEqual(linear, Subsets(linear.Data.Count, 20, 4));
    }

    [Theory]
    [InlineData(false, 0.01)]
    [InlineData(true, 0.02)]
    public void Subsets_of_fewer_items_than_features_train_in_their_span_and_end_at_the_same_place(bool nesterov, double decay)
    {
        var config = new JsonObject { ["model_type"] = "mlp", ["hidden_sizes"] = new JsonArray(9), ["num_labels"] = 10, ["num_channels"] = 1, ["image_size"] = 8, ["image_mean"] = new JsonArray(0.5), ["image_std"] = new JsonArray(0.3) };
        var (model, data) = SyntheticProblem.Create(config, [1, 8, 8], 60);
        var (other, queries) = SyntheticProblem.Create((JsonObject)config.DeepClone(), [1, 8, 8], 11);
        other.Dispose();
        using var problem = RetrainingProblem.Of(model, data, queries, TinyClassification.Recipe with { LearningRate = 0.02, Nesterov = nesterov, WeightDecay = decay });
        Assert.True(SubsetSpan.Pays(problem.Recipe, 30, 60, 64));
        Assert.False(SubsetSpan.Pays(problem.Recipe with { Optimizer = "adamw" }, 30, 60, 64));

        // An item that occurs twice makes the subset's products singular.
        var models = Subsets(problem.Data.Count, 30, 3);
        models[1].Items[4] = models[1].Items[5];
        RequireEqual(problem, models);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_step_in_one_pass_equals_the_composed_optimizer(bool nesterov)
    {
        var random = new Random(5);
        float[] Numbers() => [.. Enumerable.Range(0, 203).Select(_ => (float)random.NextDouble() - 0.5f)];
        var spec = TinyClassification.Recipe with { Nesterov = nesterov, WeightDecay = 0.01 };
        var (start, gradients) = (Numbers(), new[] { Numbers(), Numbers(), Numbers() });
        var (fused, velocity) = (start.ToArray(), new float[start.Length]);
        using var scope = NewDisposeScope();
        var (composed, gradient) = (tensor(start), zeros(start.Length));
        var optimizer = new Optimizer(spec, composed, gradient);
        foreach (var each in gradients)
        {
            MomentumStep.Apply(spec, 0.07, fused, each, velocity);
            gradient.copy_(tensor(each));
            optimizer.Step(0.07);
        }

        Assert.All(composed.data<float>().ToArray().Zip(fused), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
        Assert.NotEqual(start, fused);
    }

    private static RetrainedModel[] Subsets(int count, int size, int models)
    {
        var random = new Random(7);
        return [.. Enumerable.Range(0, models).Select(index => new RetrainedModel(index, 0, [.. Enumerable.Range(0, count).OrderBy(_ => random.Next()).Take(size).Order()], 40UL + (ulong)index))];
    }

    private static void RequireEqual(RetrainingProblem problem, RetrainedModel[] models)
    {
        set_num_threads(1);
        Assert.True(StackedRetrainer.Suits(problem));
        var together = new StackedRetrainer(problem).QueryLosses(models, CancellationToken.None);
        var alone = new SequentialRetrainer(problem).QueryLosses(models, CancellationToken.None);
        Assert.Equal(models.Length, together.Length);
        foreach (var (first, second) in together.SelectMany(row => row).Zip(alone.SelectMany(row => row)))
        {
            Assert.Equal(second, first, 2e-4f * (1 + second));
        }

        // Models differ from each other, or equality would say nothing.
        Assert.True(alone[0].Zip(alone[1]).Max(pair => Math.Abs(pair.First - pair.Second)) > 0.01f);
    }
}
