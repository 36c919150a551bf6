using System.Text.Json.Nodes;
using Bif.Engine.Baselines.Gradients;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Engine.Tests.Baselines;

/// <summary>Gradients per text from one backward pass for all, against one backward pass each.</summary>
public sealed class TextGradientTests
{
    [Theory]
    [InlineData("gpt2", true)]
    [InlineData("gpt2", false)]
    [InlineData("gpt_neox", true)]
    [InlineData("gpt_neox", false)]
    [InlineData("llama", true)]
    [InlineData("llama", false)]
    public void Every_parameter_is_covered_whether_the_output_layer_is_the_embedding_or_not(string type, bool tied)
    {
        using var scope = NewDisposeScope();
        using var model = Create(type, tied);
        using var data = TokenTexts.Of([1, 2, 3, 4, 1], [5, 6, 2, 2, 9], [7, 1, 8]);
        using var feed = new DataFeed(data, null, CPU);
        using var source = new GradientSource(model, ParameterSelection.All(model.Layout), model.Parameters, feed);
        Assert.False(source.HasSlow);
        BackwardPasses.Agree(source, model, feed, 3);
    }

    private static Model Create(string type, bool tied)
    {
        var config = new JsonObject
        {
            ["model_type"] = type, ["vocab_size"] = 10, ["tie_word_embeddings"] = tied, ["hidden_size"] = 8, ["n_embd"] = 8, ["num_attention_heads"] = 2,
            ["n_head"] = 2, ["num_hidden_layers"] = 2, ["n_layer"] = 2, ["intermediate_size"] = 12, ["max_position_embeddings"] = 6, ["n_positions"] = 6,
            ["rotary_pct"] = 1.0,
        };
        return TinyProblem.Create(config, 1);
    }
}
