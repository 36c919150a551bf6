using System.Text.Json.Nodes;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Models.Layers;
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

    [Theory]
    [InlineData("{\"model_type\":\"cifar_resnet\",\"depth\":8,\"num_labels\":10}")]
    [InlineData("{\"model_type\":\"cifar_resnet\",\"depth\":8,\"num_labels\":10,\"shortcut\":\"B\"}")]
    [InlineData("{\"model_type\":\"resnet9\",\"num_labels\":10}")]
    public void The_gradient_through_folded_layers_is_that_through_the_two(string config)
    {
        using var scope = NewDisposeScope();
        var (model, data) = SyntheticProblem.Create((JsonObject)JsonNode.Parse(config)!, [3, 32, 32], 6);
        using (model)
        using (data)
        using (var feed = new DataFeed(data, null, CPU))
        {
            var position = model.Parameters + (randn_like(model.Parameters) * 0.05);
            var folded = Gradient(model, feed, position, null);
            var plain = Gradient(model, feed, position, new Bystander());
            foreach (var spec in model.Layout.Parameters)
            {
                var (own, expected) = (folded.narrow(0, spec.Offset, spec.Length), plain.narrow(0, spec.Offset, spec.Length));
                var deviation = (own - expected).norm().item<float>() / expected.norm().item<float>();

                // Rounding moves a few activations across the kink of ReLU and the ties of pooling; a wrong factor is off by far more.
                Assert.True(deviation < 1e-2, $"{spec.Name}: the gradients differ by {deviation:G2} of their length");
            }
        }
    }

    // Whoever looks at the layers gets the unfolded ones.
    private static Tensor Gradient(Model model, DataFeed feed, Tensor position, ILayerObserver? observer)
    {
        var gradient = zeros_like(position);
        using var weights = model.Bind(ParameterSelection.All(model.Layout), position, gradient);
        weights.Observer = observer;
        model.Losses(weights, feed.Range(0, feed.Count)).sum().backward();
        return gradient;
    }
}
