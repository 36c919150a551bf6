using System.Text.Json.Nodes;
using Bif.Engine.Evaluation;
using Bif.Engine.Runs;
using Bif.Engine.Training;

namespace Bif.Engine.Demo;

/// <summary>
/// The demo for language models that needs no download: short documents that say one sentence twice, in British or American
/// English or in French, and a small GPT-NeoX trained on them until it translates. Which words are each other's
/// translation, other spelling, synonym or number is known, so that it can be measured whether a run finds them.
/// </summary>
public static class BilingualDemo
{
    private const ulong Seed = 1;
    private const int TrainCount = 4000;
    private const int QueryCount = 24;
    private const int TracedCount = 200;
    private const int Epochs = 16;

    // Longer than any document: each word is one token.
    private const int Context = 48;

    /// <summary>The demo's paths in a folder, whether it is there or not.</summary>
    public static DemoPaths At(string folder) => new(
        folder, Path.Combine(folder, "train.tsv"), Path.Combine(folder, "queries.tsv"), Path.Combine(folder, "model"), Path.Combine(folder, KnownPartners.FileName));

    /// <summary>
    /// Writes the documents and trains the network, in about a minute on two cores. A folder that holds the whole demo is
    /// left as it is; partners.json is written last, so that where it is the rest is whole. The same on every call, up to
    /// the rounding of training on another machine.
    /// </summary>
    /// <param name="folder">The folder to write; created if missing.</param>
    /// <param name="progress">Receives reports, or null.</param>
    /// <param name="cancellation">Stops; what was written so far is completed by the next call.</param>
    /// <exception cref="InputException">The folder holds something else, or cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static DemoPaths Write(string folder, Action<DemoProgress>? progress, CancellationToken cancellation)
    {
        var paths = At(DemoFolder.Named(folder));
        string[] own = ["train.tsv", "queries.tsv", "model", KnownPartners.FileName];
        return DemoFolder.Fill(paths, own, () => KnownPartners.Read(paths.Truth).Pairs.SequenceEqual(BilingualData.Partners.Pairs), progress, () =>
        {
            var data = new BilingualData(Seed, TrainCount, QueryCount);
            RunDirectory.Replace(paths.Train, string.Join('\n', data.Train) + "\n");
            RunDirectory.Replace(paths.Queries, string.Join('\n', data.Queries) + "\n");
            progress?.Invoke(new DemoProgress(0.02, $"wrote {TrainCount:N0} training documents and {QueryCount} queries in two languages"));
            Trainer.Run(Recipe(paths), epoch => progress?.Invoke(Report(epoch)), cancellation);
            cancellation.ThrowIfCancellationRequested();
            var translated = Translation.Of(paths.Model, paths.Queries);
            progress?.Invoke(new DemoProgress(1, $"the network translates {translated.Right} of {translated.Words} words of the queries ({translated.Right / (double)translated.Words:P0})"));
            BilingualData.Partners.Write(paths.Truth);
        });
    }

    /// <summary>
    /// A run on the demo, with the losses of its words. The word embeddings alone are sampled, in which what one word has to do with
    /// another lies; and with a few documents the responses of all words, which take the noise out of their scores, are measured in
    /// less time than more draws would take.
    /// </summary>
    public static RunSpec Spec(DemoPaths paths) => new()
    {
        Model = paths.Model, Data = $"{paths.Train}[0:{TracedCount}]", Queries = paths.Queries, Parameters = ["gpt_neox.embed_in.weight"], Sampler = "laplace", Draws = 400, PerToken = true,
    };

    // Tied embeddings make reading and writing a word the same weights.
    private static TrainingSpec Recipe(DemoPaths paths) => new()
    {
        Config = new JsonObject
        {
            ["model_type"] = "gpt_neox", ["hidden_size"] = 64, ["num_hidden_layers"] = 2, ["num_attention_heads"] = 4, ["tie_word_embeddings"] = true, ["rotary_pct"] = 1.0,
        },
        Data = paths.Train,
        Validation = paths.Queries,
        Out = paths.Model,
        Epochs = Epochs,
        Batch = 32,
        Optimizer = "adamw",
        LearningRate = 3e-3,
        Context = Context,
        Seed = Seed,
    };

    private static DemoProgress Report(TrainingProgress epoch) => new(
        0.02 + (0.96 * epoch.Epoch / epoch.Epochs), $"training: epoch {epoch.Epoch} of {epoch.Epochs}, loss {epoch.Loss:F3} nats per token, {epoch.ValidationLoss:F3} on the queries");
}
