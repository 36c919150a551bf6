using System.Text.Json.Nodes;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Tokenizers;
using Bif.Engine.Tokenizers.Training;
using Bif.Engine.Training;
using Bif.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Engine.Tests.Training;

public sealed class LanguageTrainingTests
{
    private static readonly string[] Corpus = [.. Enumerable.Range(0, 40).Select(number => $"the cat sat on the mat, then the dog sat on cat {number % 7}.")];

    [Fact]
    public void A_trained_tokenizer_merges_frequent_pairs_and_gives_the_text_back()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(280, TokenizerWriter.Write(Corpus, 280, folder.At("tokenizer.json")));
        var tokenizer = Tokenizer.Load(folder.At("tokenizer.json"));
        Assert.Equal(280, tokenizer.VocabularySize);
        Assert.Equal(279, tokenizer.Find("<|endoftext|>"));
        Assert.Single(tokenizer.Encode(" the").Ids);
        foreach (var text in Corpus.Append("naïve 😀 unseen"))
        {
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text).Ids));
        }

        Assert.True(tokenizer.Encode(Corpus[0]).Count < Corpus[0].Length / 2);
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("gpt_neox")]
    [InlineData("gpt2")]
    public void A_small_language_model_learns_its_corpus_and_loads_again(string type)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.At("corpus.txt"), string.Join("<|endoftext|>", Corpus));
        var config = new JsonObject { ["model_type"] = type };
        foreach (var (field, value) in type == "gpt2"
            ? new[] { ("n_embd", 32), ("n_layer", 2), ("n_head", 2) }
            : [("hidden_size", 32), ("num_hidden_layers", 2), ("num_attention_heads", 2)])
        {
            config[field] = value;
        }

        var losses = new List<double>();
        var last = Trainer.Run(
            new TrainingSpec
            {
                Config = config, Data = folder.At("corpus.txt"), Validation = folder.At("corpus.txt") + "[0:5]", Out = folder.At("model"), Epochs = type == "gpt2" ? 30 : 12, Batch = 8,
                Optimizer = "adamw", LearningRate = type == "gpt2" ? 0.003 : 0.01, Vocabulary = 270, Context = 32, Windows = "packed", Threads = 1, CheckpointEvery = 6,
            },
            progress => losses.Add(progress.Loss),
            CancellationToken.None);
        Assert.True(last.Loss < 0.4 * losses[0] && last.Loss < 1.5, $"from {losses[0]} to {last.Loss} nats per token");
        Assert.True(last.ValidationLoss < 1.5);
        using var model = Model.Load(folder.At("model"), CPU);
        using var data = DatasetLoader.Open(folder.At("corpus.txt"), model.Input);
        model.CheckData(data);
        Assert.Equal("<|endoftext|>", model.Input.Text!.LoadTokenizer().Token(model.Input.Text.EndOfText!.Value));
        using var checkpoint = Model.Load(folder.At("model/checkpoints/epoch-0006"), CPU);
        Assert.NotNull(checkpoint.Input.Text!.LoadTokenizer());
    }
}
