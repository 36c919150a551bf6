using System.Text.Json.Nodes;
using Bif.Engine.Training;

namespace Bif.Web.Tests;

/// <summary>Short texts of a small grammar, with line ends, tabs, control characters and characters of several tokens, and a small language model trained on them.</summary>
internal sealed record TinyTexts(string Data, string Queries, string Model)
{
    public const int Train = 30;
    public const int Asked = 3;

    public static TinyTexts Write(string folder)
    {
        Directory.CreateDirectory(folder);
        string[] animals = ["cat", "dog", "hen"], places = ["mat", "log", "hill"];
        string Text(int number) => $"The {animals[number % 3]} sat on the {places[number / 3 % 3]}.\nIt was {number % 5}\tyears old 😀. The {animals[number % 3]} slept.{(number is 11 ? " \0\u0001\u007f" : "")}";
        string File(string name, IEnumerable<int> numbers)
        {
            var path = Path.Combine(folder, name);
            System.IO.File.WriteAllText(path, string.Join("<|endoftext|>", numbers.Select(Text)));
            return path;
        }

        var (data, queries, model) = (File("train.txt", Enumerable.Range(0, Train)), File("queries.txt", Enumerable.Range(100, Asked)), Path.Combine(folder, "model"));
        Trainer.Run(
            new TrainingSpec
            {
                Config = new JsonObject { ["model_type"] = "llama", ["hidden_size"] = 16, ["num_hidden_layers"] = 1, ["num_attention_heads"] = 2 },
                Data = data, Out = model, Epochs = 4, Batch = 10, Optimizer = "adamw", LearningRate = 0.01, Vocabulary = 290, Context = 96, Threads = 1, Seed = 2,
            },
            null,
            CancellationToken.None);
        return new(data, queries, model);
    }

    /// <summary>An order for a run with fixed settings, so that nothing is calibrated.</summary>
    public object Order(bool perToken = true, string name = "texts", string? data = null) => new
    {
        name, model = Model, data = data ?? Data, queries = Queries, perToken, sampler = "sgld", epsilon = 1e-5, nbeta = 5.0, gamma = 1e3, batch = 10, chains = 2, draws = 40, seed = 3,
    };

    /// <summary>An order for independent draws, whose tokens' responses are measured at its end.</summary>
    public object OrderIndependent(string? queries = null) => new
    {
        name = "independent", model = Model, data = Data, queries = queries ?? Queries, perToken = true, sampler = "laplace", nbeta = 1e3, gamma = 1e4, chains = 2, draws = 40, seed = 3,
    };
}
