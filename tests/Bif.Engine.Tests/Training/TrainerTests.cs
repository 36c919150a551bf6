using System.Text.Json.Nodes;
using Bif.Engine.Training;
using Bif.Testing;
using Xunit;

namespace Bif.Engine.Tests.Training;

public sealed class TrainerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SharedDataFact("mnist")]
    public void An_MLP_learns_digits_and_the_same_seed_gives_the_same_bits()
    {
        TrainingSpec Spec(string name, ulong seed) => new()
        {
            Config = new JsonObject { ["model_type"] = "mlp", ["hidden_sizes"] = new JsonArray(32) },
            Data = SharedData.At("mnist@train[0:500]"),
            Out = _folder.At(name),
            Epochs = 12,
            Batch = 50,
            CheckpointEvery = 5,
            Seed = seed,
            Threads = 1,
        };
        var last = Trainer.Run(Spec("a", 1), null, default);
        Assert.True(last.Loss < 0.1, $"training loss {last.Loss}");
        Trainer.Run(Spec("b", 1), null, default);
        Trainer.Run(Spec("c", 2), null, default);
        byte[] Weights(string name) => File.ReadAllBytes(_folder.At(name + "/model.safetensors"));
        Assert.Equal(Weights("a"), Weights("b"));
        Assert.NotEqual(Weights("a"), Weights("c"));
        Assert.True(File.Exists(_folder.At("a/checkpoints/epoch-0010/model.safetensors")));
    }

    [Fact]
    public void Weights_that_the_last_step_made_infinite_are_not_written()
    {
        File.WriteAllText(_folder.At("d.csv"), "a,b,y\n1e18,2,0\n3,1e18,1\n");
        var spec = new TrainingSpec
        {
            Config = new JsonObject { ["model_type"] = "mlp", ["hidden_sizes"] = new JsonArray(4) }, Data = _folder.At("d.csv"), Out = _folder.At("m"),
            Epochs = 1, Batch = 2, LearningRate = 1e30, Schedule = "constant", Threads = 1,
        };
        Assert.Contains("--lr", Assert.Throws<InputException>(() => Trainer.Run(spec, null, default)).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(spec.Out));
    }

    [Fact]
    public void Schedules_have_their_values()
    {
        Assert.Equal(0.5, LearningRateSchedule.Parse("cosine", 10).At(5), 12);
        Assert.Equal(0.25, LearningRateSchedule.Parse("linear", 8).At(6), 12);
        var piecewise = LearningRateSchedule.Parse("0:0,5:1,15:0", 15);
        Assert.Equal([0.0, 0.4, 1, 0.5, 0], new[] { 0.0, 2, 5, 10, 20 }.Select(piecewise.At));
        Assert.Throws<InputException>(() => LearningRateSchedule.Parse("5:1,2:0", 10));
    }
}
