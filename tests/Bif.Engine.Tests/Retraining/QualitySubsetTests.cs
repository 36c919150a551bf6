using System.Text.Json.Nodes;
using Bif.Engine.Retraining;
using Bif.Engine.Runs;
using Bif.Engine.Training;
using Bif.Testing;
using Xunit;

namespace Bif.Engine.Tests.Retraining;

/// <summary>The table of docs/quality.md in small: a network on 200 digits, its bank retrained here, every method on the same subsets; a minute.</summary>
public sealed class QualitySubsetTests
{
    [SharedDataFact("mnist")]
    [Trait("Pace", "slow")]
    public void Every_method_is_scored_on_the_same_subsets_and_they_come_out_in_the_known_order()
    {
        using var folder = new TemporaryFolder();
        var training = new TrainingSpec
        {
            Config = new JsonObject { ["model_type"] = "mlp", ["hidden_sizes"] = new JsonArray(32) }, Data = SharedData.At("mnist@train[0:200]"), Out = folder.At("model"),
            Epochs = 40, Batch = 25, LearningRate = 0.05, WeightDecay = 1e-3, Schedule = "linear", Threads = 2,
        };
        Trainer.Run(training, null, CancellationToken.None);
        AttributionRun.Execute(
            new RunSpec { Model = folder.At("model"), Data = training.Data, Queries = SharedData.At("mnist@test[0:60]"), Sampler = "baoab", Chains = 4, Draws = 500, Threads = 2 },
            folder.At("run"), resume: false, null, CancellationToken.None);
        var spec = new QualitySpec { Bank = new(0.5, 80, 2, 0), TuningPercent = 25, Recipe = training, Threads = 2, Resamples = 200, Methods = [WantedMethods.All] };
        var run = RunDirectory.Open(folder.At("run"));

        // Interrupted after its first block of models, the same call goes on and trains none again.
        using var stop = new CancellationTokenSource();
        Assert.Null(QualityMeasurement.Run(run, spec, null, new Watch(_ => stop.Cancel()), stop.Token));
        var quality = QualityMeasurement.Run(run, spec, null, null, CancellationToken.None)!;
        Assert.Equal(160, quality.Bank.Trained);

        double Lds(string method) => quality.Methods.Single(each => each.Name == method).Lds;
        var all = string.Join(", ", quality.Methods.Select(each => $"{each.Name} {each.Lds:F3}")) + $", ceiling {quality.Ceiling:F3}";
        Assert.True(Math.Abs(Lds("random")) < 0.1, all);
        Assert.True(Lds("gradsim") > Lds("random") + 0.1, all);
        Assert.True(Lds("bif") > Lds("random") + 0.2, all);
        Assert.True(Lds("exact") > Lds("gradsim") + 0.05, all);
        Assert.All(quality.Methods, method => Assert.True(method.Lds < quality.Ceiling - 0.05, all));

        // One damping of EK-FAC is chosen, by the subsets that are not reported.
        var dampings = quality.Methods.Where(method => method.Family == "ekfac").ToList();
        Assert.Equal(8, dampings.Count);
        var chosen = Assert.Single(dampings, method => method.Chosen == true);
        Assert.Equal(dampings.Max(method => method.TuningLds), chosen.TuningLds);
        Assert.True(chosen.Lds > Lds("gradsim") - 0.02, all);
        Assert.Null(quality.Methods[0].Chosen);

        // What images do not allow is said, what they do allow is there, and each has a cost and a score per query.
        Assert.Equal("bm25", Assert.Single(quality.Refused).Name);
        Assert.Contains("pixels", quality.Methods.Select(method => method.Name));
        Assert.Contains("embedding", quality.Methods.Select(method => method.Name));
        Assert.All(quality.Methods, method => Assert.True(method.Cost.Seconds > 0 && method.PerQuery.Count == 60));
        Assert.Equal(quality.Methods[0].Lds, quality.Methods[0].PerQuery.Where(double.IsFinite).Average(), 9);

        // Of several dampings the chosen one is compared; random rankings share a twentieth of the best ten, related ones much more.
        var alike = quality.Agreement!;
        Assert.Equal(quality.Methods.Count - 7, alike.Methods.Count);
        Assert.True(alike.Between("bif", "exact")!.Value.Overlap > alike.Between("bif", "random")!.Value.Overlap + 0.2, string.Join(' ', alike.Overlap[0]));
        Assert.True(Math.Abs(alike.Between("bif", "random")!.Value.RankCorrelation) < 0.1);
    }

    private sealed class Watch(Action<BankProgress> seen) : IProgress<BankProgress>
    {
        public void Report(BankProgress value) => seen(value);
    }
}
