using System.Text.Json.Nodes;
using Bif.Engine.Retraining;
using Bif.Engine.Training;
using Bif.Testing;
using Xunit;

namespace Bif.Engine.Tests.Retraining;

/// <summary>Banks of networks that train one after another: convolutions with normalisation, and language models.</summary>
public sealed class OtherArchitecturesTests
{
    private static readonly BankSpec Spec = new(0.5, 2, 2, 0);

    [Fact]
    public void A_convolutional_network_starts_each_retraining_with_fresh_statistics()
    {
        using var folder = new TemporaryFolder();
        JsonObject Config() => new() { ["model_type"] = "cifar_resnet", ["depth"] = 8, ["shortcut"] = "A", ["num_labels"] = 10, ["num_channels"] = 3, ["image_size"] = 8 };
        var (model, data) = SyntheticProblem.Create(Config(), [3, 8, 8], 24);
        var (other, queries) = SyntheticProblem.Create(Config(), [3, 8, 8], 5);
        other.Dispose();
        using var problem = RetrainingProblem.Of(model, data, queries, TinyClassification.Recipe with { Epochs = 2, Augmentation = ["flip", "crop"] });
        Assert.False(RetrainingPool.TrainsSideBySide(problem));
        var (first, second) = (Fill(problem, folder.At("one"), 1), Fill(problem, folder.At("two"), 2));
        Assert.Equal(File.ReadAllBytes(Path.Combine(first.Directory, "losses.npy")), File.ReadAllBytes(Path.Combine(second.Directory, "losses.npy")));
        Assert.NotEqual(first.Losses(0, 0).ToArray(), first.Losses(0, 1).ToArray());
        Assert.NotEqual(first.Losses(0, 0).ToArray(), first.Losses(1, 0).ToArray());
        Assert.All(first.Losses(1, 1).ToArray(), loss => Assert.InRange(loss, 0, 50));
    }

    [Fact]
    public void A_language_model_is_retrained_on_documents_with_the_tokenizer_of_its_checkpoint()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.At("corpus.txt"), string.Join("<|endoftext|>", Enumerable.Range(0, 20).Select(number => $"the cat sat on the mat, then the dog sat on cat {number % 7}.")));
        var spec = new TrainingSpec
        {
            Config = new JsonObject { ["model_type"] = "gpt2", ["n_embd"] = 16, ["n_layer"] = 1, ["n_head"] = 2 }, Data = folder.At("corpus.txt"), Out = folder.At("model"),
            Epochs = 2, Batch = 4, Optimizer = "adamw", LearningRate = 0.003, Vocabulary = 262, Context = 32, Threads = 1,
        };
        Trainer.Run(spec, null, CancellationToken.None);
        using var problem = RetrainingProblem.Open(folder.At("model"), folder.At("corpus.txt"), folder.At("corpus.txt") + "[0:3]", model => model.Input, RecordedTraining.Beside(folder.At("model"))!.Spec);
        var bank = Fill(problem, folder.At("bank"), 2);
        Assert.Equal(4, bank.Done);
        Assert.All(bank.Losses(1, 1).ToArray(), loss => Assert.InRange(loss, 10, 500));
    }

    private static RetrainingBank Fill(RetrainingProblem problem, string folder, int threads)
    {
        var bank = RetrainingBank.For(problem, Spec, folder);
        Assert.True(bank.Fill(problem, Spec, threads, null, CancellationToken.None));
        return bank;
    }
}
