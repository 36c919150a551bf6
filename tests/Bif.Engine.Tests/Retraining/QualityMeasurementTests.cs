using System.Text.Json.Nodes;
using Bif.Engine.Arrays;
using Bif.Engine.Retraining;
using Bif.Engine.Runs;
using Bif.Engine.Tests.Runs;
using Bif.Engine.Training;
using Bif.Testing;
using Xunit;

namespace Bif.Engine.Tests.Retraining;

/// <summary>Whole measurements: a run, a bank, and the judgement.</summary>
public sealed class QualityMeasurementTests
{
    // Enough steps of plain gradient descent to reach the least-squares fit of any subset.
    private static readonly TrainingSpec ToTheFit = new() { Config = [], Data = "", Out = "", Epochs = 120, Batch = 64, LearningRate = 0.15, Momentum = 0.5, Schedule = "constant" };

    [Fact]
    public void On_a_linear_model_BIF_predicts_retraining_and_its_negation_predicts_the_opposite()
    {
        using var problem = TestProblem.Random(4);
        var run = RunDirectory.Open(problem.Run("run", problem.Spec() with
        {
            Sampler = "laplace", Preconditioner = "lowrank", Nbeta = 4000, Gamma = 1, Chains = 2, Draws = 2000, Threads = 2, Centered = true,
        }));
        var scores = TestProblem.Scores(run.Root, "bif");
        Directory.CreateDirectory(Path.Combine(run.Root, "baselines"));
        NpyFile.Write<float>(Path.Combine(run.Root, "baselines", "opposite.npy"), scores.Shape, [.. scores.Values.Select(score => -score)]);
        File.WriteAllText(Path.Combine(run.Root, "baselines", "opposite.json"), """{"seconds":1.5,"forward_passes":40,"backward_passes":0,"other":"x"}""");
        NpyFile.Write<float>(Path.Combine(run.Root, "baselines", "nothing.npy"), scores.Shape, new float[scores.Values.Length]);
        var spec = new QualitySpec { Bank = new(0.5, 60, 1, 1), Recipe = ToTheFit, Threads = 2, Resamples = 200 };
        var quality = QualityMeasurement.Run(run, spec, null, null, CancellationToken.None)!;
        Assert.Equal(["bif", "nothing", "opposite"], quality.Methods.Select(method => method.Name));
        var (bif, nothing, opposite) = (quality.Methods[0], quality.Methods[1], quality.Methods[2]);
        Assert.True(bif.Lds > 0.6 && bif.Low > 0.4 && bif.TuningLds > 0.4, $"{bif}");
        Assert.Equal(-bif.Lds, opposite.Lds, 12);
        Assert.True(opposite.AheadOfBif![2] < -0.8);
        Assert.Equal(new MethodCost(1.5, 40, 0), opposite.Cost);
        Assert.Equal(4, nothing.ConstantPredictions);
        Assert.True(double.IsNaN(nothing.Lds));
        Assert.Equal((12, 48), (quality.Bank.TuningSubsets, quality.Bank.Subsets - quality.Bank.TuningSubsets));

        // Rankings of a method and its opposite have nothing in common; what says the same of all items has no order.
        var alike = quality.Agreement!;
        Assert.Equal(["bif", "nothing", "opposite"], alike.Methods);
        Assert.Equal((1.0, 1.0), alike.Between("bif", "bif"));
        Assert.Equal(-1, alike.Between("bif", "opposite")!.Value.RankCorrelation, 12);
        Assert.Equal(alike.Between("bif", "opposite"), alike.Between("opposite", "bif"));
        Assert.Equal(0, alike.Between("bif", "opposite")!.Value.Overlap);
        Assert.True(double.IsNaN(alike.Between("bif", "nothing")!.Value.RankCorrelation));
        Assert.Null(alike.Between("bif", "trak"));

        // What was written reads back, and the bank is found again.
        Assert.Equal(bif.Lds, QualityRecord.Read(run)!.Methods[0].Lds, 12);
        Assert.Equal(alike.RankCorrelation, QualityRecord.Read(run)!.Agreement!.RankCorrelation);
        var again = QualityMeasurement.Run(run, spec with { Methods = ["bif", $"other={run.Root}"] }, null, new NoTraining(), CancellationToken.None)!;
        Assert.Equal(bif.Lds, again.Methods[0].Lds, 12);
        Assert.Equal(again.Methods[0] with { Name = "other", AheadOfBif = null, PerQuery = [] }, again.Methods[1] with { AheadOfBif = null, PerQuery = [] });
        Assert.Equal(again.Methods[0].PerQuery, again.Methods[1].PerQuery);
        Assert.Equal([0.0, 0, 0], again.Methods[1].AheadOfBif!);
    }

    [Fact]
    public void Reported_scores_do_not_depend_on_the_tuning_subsets()
    {
        using var problem = TestProblem.Random(6);
        var run = RunDirectory.Open(problem.Run("run", problem.Spec() with { Sampler = "laplace", Nbeta = 400, Gamma = 1, Chains = 2, Draws = 200, Threads = 1 }));
        var spec = new QualitySpec { Bank = new(0.5, 30, 1, 1), Recipe = ToTheFit with { Epochs = 20 }, Threads = 1, Resamples = 100, TuningPercent = 50 };
        var before = QualityMeasurement.Run(run, spec, null, null, CancellationToken.None)!;
        var file = Path.Combine(before.Bank.Directory, "losses.npy");
        var losses = NpyFile.Read<float>(file);
        losses.Values.AsSpan(0, 15 * 4).Reverse();
        NpyFile.Write<float>(file, losses.Shape, losses.Values);
        var after = QualityMeasurement.Run(run, spec, null, null, CancellationToken.None)!;
        Assert.Equal(before.Methods[0].Lds, after.Methods[0].Lds, 12);
        Assert.NotEqual(before.Methods[0].TuningLds, after.Methods[0].TuningLds);
    }

    [Fact]
    public void What_is_missing_is_said_in_one_sentence()
    {
        using var problem = TestProblem.Random(6);
        var run = RunDirectory.Open(problem.Run("run", problem.Spec() with { Sampler = "laplace", Nbeta = 400, Gamma = 1, Chains = 2, Draws = 100, Threads = 1 }));
        var spec = new QualitySpec { Recipe = ToTheFit, Threads = 1 };
        string Message(QualitySpec bad) => Assert.Throws<InputException>(() => QualityMeasurement.Run(run, bad, null, null, CancellationToken.None)).Message;
        Assert.Contains("bif compare", Message(spec with { Methods = ["mine"] }), StringComparison.Ordinal);
        Assert.Contains("bm25", Message(spec with { Methods = ["bm25"] }), StringComparison.Ordinal);
        Assert.Contains("ekfac@30", Message(spec with { Methods = ["ekfac@-3"] }), StringComparison.Ordinal);
        Assert.Contains("rank correlation", Message(spec with { Bank = new(0.5, 6, 1, 0), TuningPercent = 50 }), StringComparison.Ordinal);
        Assert.Contains("--lr", Message(spec with { Recipe = ToTheFit with { LearningRate = 1e6 } }), StringComparison.Ordinal);
        Assert.Null(RecordedTraining.Beside(problem.Model));
    }

    [SharedDataFact("mnist")]
    public void On_digits_BIF_predicts_retraining_better_than_chance()
    {
        using var folder = new TemporaryFolder();
        var training = new TrainingSpec
        {
            Config = new JsonObject { ["model_type"] = "mlp", ["hidden_sizes"] = new JsonArray(16) }, Data = SharedData.At("mnist@train[0:100]"), Out = folder.At("model"),
            Epochs = 20, Batch = 25, LearningRate = 0.05, WeightDecay = 1e-3, Schedule = "linear", Threads = 2,
        };
        Trainer.Run(training, null, CancellationToken.None);
        var recorded = RecordedTraining.Beside(folder.At("model"))!;
        Assert.Equal((20, 25, "linear"), (recorded.Spec.Epochs, recorded.Spec.Batch, recorded.Spec.Schedule));
        AttributionRun.Execute(
            new RunSpec { Model = folder.At("model"), Data = training.Data, Queries = SharedData.At("mnist@test[0:30]"), Sampler = "laplace", Chains = 2, Draws = 500, Threads = 2 },
            folder.At("run"), resume: false, null, CancellationToken.None);
        var quality = QualityMeasurement.Run(
            RunDirectory.Open(folder.At("run")),
            new QualitySpec { Bank = new(0.5, 40, 2, 0), Recipe = recorded.Spec, Threads = 2, Resamples = 200 }, null, null, CancellationToken.None)!;
        var bif = Assert.Single(quality.Methods);
        Assert.True(bif.Low > 0.05 && bif.Lds > 0.1 && quality.Ceiling > bif.Lds, $"{bif}, ceiling {quality.Ceiling}");
    }

    private sealed class NoTraining : IProgress<BankProgress>
    {
        public void Report(BankProgress value) => Assert.Fail("a finished bank trains nothing");
    }
}
