using System.Text.Json.Nodes;
using Bif.Engine.Models;
using Bif.Engine.Training;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Engine.Tests.Models;

public sealed class ConvNetTests
{
    [Fact]
    public void Its_logits_are_those_of_convolutions_written_out()
    {
        var config = new JsonObject
        {
            ["model_type"] = "convnet", ["widths"] = new JsonArray(2, 3), ["num_channels"] = 1, ["image_size"] = 5, ["num_labels"] = 2, ["activation"] = "tanh",
        };
        var (model, data) = SyntheticProblem.Create(config, [1, 5, 5], 4);
        using var _ = model;
        using var __ = data;
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var weights = model.Bind(ParameterSelection.All(model.Layout), model.Parameters, null);
        var image = new float[25];
        var random = new Random(5);
        Array.ForEach(Enumerable.Range(0, 25).ToArray(), place => image[place] = (float)random.NextDouble());
        var logits = model.Architecture.Forward(weights, tensor(image, [1, 1, 5, 5])).data<float>().ToArray();
        Assert.Equal(["convs.0.weight", "convs.0.bias", "convs.1.weight", "convs.1.bias", "linear.weight", "linear.bias"], model.Layout.Parameters.Select(each => each.Name));

        // 5×5 → 3×3 → 2×2 at stride 2 with one pixel of padding.
        var first = Convolve(image, 1, 5, 2, model, 0);
        var second = Convolve(first, 2, 3, 3, model, 2);
        var (matrix, bias) = (Values(model, 4), Values(model, 5));
        for (var label = 0; label < 2; label++)
        {
            Assert.Equal(bias[label] + second.Select((value, place) => value * matrix[(label * 12) + place]).Sum(), logits[label], 1e-4f);
        }
    }

    [Theory]
    [InlineData("[]", "3", "widths")]
    [InlineData("[8,0]", "3", "widths")]
    [InlineData("[8]", "4", "kernel_size")]
    public void Sizes_that_make_no_network_are_named(string widths, string kernel, string field)
    {
        var config = new JsonObject
        {
            ["model_type"] = "convnet", ["widths"] = JsonNode.Parse(widths), ["kernel_size"] = JsonNode.Parse(kernel), ["image_size"] = 8, ["num_labels"] = 2,
        };
        var error = Assert.Throws<InputException>(() => ArchitectureCatalog.Create(new ModelSource(new ModelConfig(config, "config.json"), _ => null)));
        Assert.Contains(field, error.Message, StringComparison.Ordinal);
    }

    private static float[] Values(Model model, int parameter)
        => model.Parameters.narrow(0, model.Layout.Parameters[parameter].Offset, model.Layout.Parameters[parameter].Length).data<float>().ToArray();

    private static float[] Convolve(float[] input, int channels, int size, int outputs, Model model, int parameter)
    {
        var (kernel, bias) = (Values(model, parameter), Values(model, parameter + 1));
        var half = (size + 1) / 2;
        var result = new float[outputs * half * half];
        for (var place = 0; place < result.Length; place++)
        {
            var (output, top, left) = (place / (half * half), (2 * (place / half % half)) - 1, (2 * (place % half)) - 1);
            var sum = bias[output];
            for (var tap = 0; tap < channels * 9; tap++)
            {
                var (channel, y, x) = (tap / 9, top + (tap / 3 % 3), left + (tap % 3));
                sum += y >= 0 && y < size && x >= 0 && x < size ? kernel[(output * channels * 9) + tap] * input[(((channel * size) + y) * size) + x] : 0;
            }

            result[place] = MathF.Tanh(sum);
        }

        return result;
    }
}
