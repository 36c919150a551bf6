using System.Text.Json.Nodes;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Sampling;
using Bif.Engine.Training;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Engine.Tests.Models;

/// <summary>Convolutions with their normalisation folded in.</summary>
public sealed class FoldedLayersTests
{
    [Theory]
    [InlineData("{\"model_type\":\"cifar_resnet\",\"depth\":8,\"num_labels\":10}")]
    [InlineData("{\"model_type\":\"cifar_resnet\",\"depth\":8,\"num_labels\":10,\"shortcut\":\"B\"}")]
    [InlineData("{\"model_type\":\"resnet9\",\"num_labels\":10}")]
    public void Losses_evaluated_with_folded_normalisation_are_those_of_the_plain_network(string config)
    {
        using var scope = NewDisposeScope();
        var (model, data) = SyntheticProblem.Create((JsonObject)JsonNode.Parse(config)!, [3, 32, 32], 12);
        using (model)
        using (data)
        using (var feed = new DataFeed(data, null, CPU))
        {
            // Positions away from the start, where weights, shifts and scales of all layers differ from 1 and 0.
            var position = model.Parameters + (randn_like(model.Parameters) * 0.05);
            using var weights = model.Bind(ParameterSelection.All(model.Layout), position, null);
            var folded = new float[12];
            LossEvaluator.Evaluate(model, weights, feed, 5, folded);
            Assert.Null(weights.Folded);
            using var noGradient = no_grad();
            var plain = model.Losses(weights, feed.Range(0, 12)).data<float>().ToArray();
            Assert.True(plain.Max() - plain.Min() > 1e-3, "the losses do not differ between items");
            for (var item = 0; item < 12; item++)
            {
                Assert.Equal(plain[item], folded[item], 1e-4f * Math.Max(1, plain[item]));
            }
        }
    }
}
