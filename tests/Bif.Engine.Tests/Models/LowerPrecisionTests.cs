using System.Text.Json.Nodes;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Sampling;
using Bif.Engine.Training;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Engine.Tests.Models;

/// <summary>Passes of picture networks in bfloat16.</summary>
public sealed class LowerPrecisionTests
{
    private const int Items = 12;

    [Theory]
    [InlineData("{\"model_type\":\"mlp\",\"hidden_sizes\":[32],\"num_labels\":10,\"input_size\":3072}", 32)]
    [InlineData("{\"model_type\":\"cifar_resnet\",\"depth\":8,\"num_labels\":10}", 32)]
    [InlineData("{\"model_type\":\"cifar_resnet\",\"depth\":8,\"num_labels\":10,\"shortcut\":\"B\"}", 32)]
    [InlineData("{\"model_type\":\"resnet9\",\"num_labels\":10}", 32)]
    [InlineData("{\"model_type\":\"resnet18\",\"num_labels\":10}", 64)]
    [InlineData("{\"model_type\":\"squeezenet1_1\",\"num_labels\":10}", 64)]
    [InlineData("{\"model_type\":\"googlenet\",\"num_labels\":10}", 64)]
    public void Losses_and_gradients_stay_close_and_are_float32(string config, int size)
    {
        using var scope = NewDisposeScope();
        var (model, data) = SyntheticProblem.Create((JsonObject)JsonNode.Parse(config)!, [3, size, size], Items);
        using (model)
        using (data)
        using (var feed = new DataFeed(data, null, CPU))
        {
            var (losses, gradients) = (new List<float[]>(), new List<Tensor>());
            foreach (var precision in new[] { ScalarType.Float32, ScalarType.BFloat16 })
            {
                var gradient = zeros_like(model.Parameters);
                using var weights = model.Bind(ParameterSelection.All(model.Layout), model.Parameters.clone(), gradient, precision);
                var evaluated = new float[Items];
                LossEvaluator.Evaluate(model, weights, feed, 5, evaluated);
                losses.Add(evaluated);
                var values = model.Losses(weights, feed.Range(0, Items));
                values.sum().backward();
                Assert.Equal((ScalarType.Float32, ScalarType.Float32), (values.dtype, gradient.dtype));
                gradients.Add(gradient);
            }

            var errors = losses[0].Zip(losses[1], (exact, rounded) => Math.Abs(exact - rounded) / exact).ToList();
            Assert.InRange(errors.Max(), 1e-6, 0.05);
            var cosine = (gradients[0] * gradients[1]).sum().item<float>() / (gradients[0].norm().item<float>() * gradients[1].norm().item<float>());
            Assert.True(cosine > 0.97, $"cosine {cosine}");
        }
    }

    [Fact]
    public void Pictures_of_lower_precision_have_their_channels_last()
    {
        using var scope = NewDisposeScope();
        var (model, data) = SyntheticProblem.Create((JsonObject)JsonNode.Parse("{\"model_type\":\"cifar_resnet\",\"depth\":8,\"num_labels\":10}")!, [3, 32, 32], 2);
        using (model)
        using (data)
        using (var weights = model.Bind(ParameterSelection.All(model.Layout), model.Parameters, null, ScalarType.BFloat16))
        {
            var pictures = randn([2, 3, 8, 8]);
            var factor = weights.Factor(pictures);
            Assert.Equal(ScalarType.BFloat16, factor.dtype);
            Assert.True(factor.permute(0, 2, 3, 1).is_contiguous());
            Assert.Equal(0, (factor.to(float32) - pictures).abs().max().item<float>(), 0.02f);
        }
    }
}
