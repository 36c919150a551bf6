using System.Diagnostics;
using System.Text.Json.Nodes;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Sampling;
using Bif.Engine.Training;
using static TorchSharp.torch;

namespace Bif.Cli.Benchmarks;

/// <summary>Tokens per second whose losses are evaluated, as a draw does it, beside the bare forward pass of the same network; both at their best batch, in turn.</summary>
internal static class TokenLossBenchmark
{
    private const int Items = 32;
    private const int Length = 257;
    private static readonly int[] Batches = [1, 2, 4, 8, 16];

    public static IEnumerable<BenchmarkRow> Run(double seconds)
    {
        set_num_threads(Environment.ProcessorCount);
        foreach (var (name, config) in Networks())
        {
            var (model, data) = SyntheticProblem.CreateText(config, Items, Length);
            using (model)
            using (data)
            using (var feed = new DataFeed(data, null, CPU))
            using (var weights = model.Bind(ParameterSelection.All(model.Layout), model.Parameters, null))
            {
                var (tokens, losses) = (new float[data.Text!.PredictedCount], new float[Items]);
                double Losses(int batch, double time) => Rate(tokens.Length, time, () =>
                {
                    LossEvaluator.EvaluateTokens(model, weights, feed, batch, tokens);
                    LossEvaluator.SumTokens(feed, tokens, losses);
                });
                double Forward(int batch, double time)
                {
                    using var inputs = feed.Range(0, batch);
                    using var inference = inference_mode();
                    return Rate(batch * (Length - 1), time, () =>
                    {
                        using var scope = NewDisposeScope();
                        model.Architecture.Forward(weights, inputs.Inputs);
                    });
                }

                var (own, bare) = (Batches.MaxBy(batch => Losses(batch, seconds / 10)), Batches.MaxBy(batch => Forward(batch, seconds / 10)));
                var rounds = Enumerable.Range(0, 5).Select(_ => (Own: Losses(own, seconds / 5), Bare: Forward(bare, seconds / 5))).ToList();
                yield return new(
                    $"{name}: losses of tokens", rounds.Select(each => each.Own).Order().ElementAt(2), rounds.Select(each => each.Bare).Order().ElementAt(2),
                    "tokens/s", "at least 0.80 of the bare forward pass");
            }
        }
    }

    private static IEnumerable<(string Name, JsonObject Config)> Networks() =>
    [
        ("llama of 260 k parameters", new JsonObject
        {
            ["model_type"] = "llama", ["hidden_size"] = 64, ["num_attention_heads"] = 8, ["num_key_value_heads"] = 4, ["num_hidden_layers"] = 5,
            ["intermediate_size"] = 172, ["vocab_size"] = 512, ["max_position_embeddings"] = 512, ["tie_word_embeddings"] = true,
        }),
        ("gpt_neox of 7 M parameters", new JsonObject
        {
            ["model_type"] = "gpt_neox", ["hidden_size"] = 256, ["num_attention_heads"] = 8, ["num_hidden_layers"] = 4,
            ["intermediate_size"] = 1024, ["vocab_size"] = 8192, ["max_position_embeddings"] = 512,
        }),
    ];

    private static double Rate(int count, double seconds, Action work)
    {
        work();
        var clock = Stopwatch.StartNew();
        var rounds = 0;
        for (; clock.Elapsed.TotalSeconds < seconds || rounds == 0; rounds++)
        {
            work();
        }

        return (double)count * rounds / clock.Elapsed.TotalSeconds;
    }
}
