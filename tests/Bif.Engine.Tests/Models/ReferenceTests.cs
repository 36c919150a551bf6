using System.Text.Json;
using System.Text.Json.Nodes;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Sampling;
using Bif.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Engine.Tests.Models;

public sealed class ReferenceTests
{
    [SharedDataFact("resnet20-cifar10", "cifar10")]
    public void ResNet20_reproduces_its_reference_losses_logits_and_accuracy()
    {
        using var reference = Reference("resnet20-cifar10/reference.json");
        using var model = Model.Load(SharedData.At("resnet20-cifar10"), CPU);
        using var data = DatasetLoader.Open(SharedData.At("cifar10@test"), model.Input);
        using var feed = new DataFeed(data, model.Input, CPU);
        using var weights = model.Bind(ParameterSelection.All(model.Layout), model.Parameters, null);
        Close(Numbers(reference, "test_losses_first_16"), Losses(model, weights, data, 16), 1e-4);
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var logits = model.Architecture.Forward(weights, feed.Range(0, 4).Inputs).data<float>().ToArray();
        Close([.. reference.RootElement.GetProperty("test_logits_first_4").EnumerateArray().SelectMany(row => row.EnumerateArray()).Select(value => value.GetDouble())], logits, 2e-4);
        var right = 0L;
        for (var start = 0; start < 1000; start += 125)
        {
            using var inner = NewDisposeScope();
            var batch = feed.Range(start, 125);
            right += model.Architecture.Forward(weights, batch.Inputs).argmax(1).eq(batch.Targets).sum().item<long>();
        }

        Assert.Equal(915, right);
    }

    [SharedDataFact("torchscript-mnist", "mnist")]
    public void A_TorchScript_module_reproduces_its_losses_and_gradient()
    {
        using var reference = Reference("torchscript-mnist/reference.json");
        using var model = Model.Load(SharedData.At("torchscript-mnist"), CPU);
        Assert.Equal(9482, model.Layout.ParameterCount);
        using var data = DatasetLoader.Open(SharedData.At("mnist@train[0:16]"), model.Input);
        using var gradient = zeros_like(model.Parameters);
        using var vector = model.Parameters.clone();
        using var weights = model.Bind(ParameterSelection.All(model.Layout), vector, gradient);
        Close(Numbers(reference, "train_losses_first_16"), Losses(model, weights, data, 16), 1e-4);
        using var feed = new DataFeed(data, model.Input, CPU);
        using var scope = NewDisposeScope();
        model.Losses(weights, feed.Range(0, 7)).mean().backward();
        Assert.Equal(reference.RootElement.GetProperty("gradient_norm_mean_loss_first_7").GetDouble(), gradient.norm().item<float>(), 3);

        // The module reads the flat vector: moving the vector moves the loss.
        vector.mul_(1.1);
        Assert.NotEqual(Numbers(reference, "train_losses_first_16")[0], Losses(model, weights, data, 1)[0], 3);
    }

    [SharedDataFact("squeezenet-imagenet", "imagenette-sample")]
    public void SqueezeNet_reproduces_its_losses_on_photographs()
    {
        using var reference = Reference("squeezenet-imagenet/reference.json");
        using var model = Model.Load(SharedData.At("squeezenet-imagenet"), CPU);
        using var data = DatasetLoader.Open(SharedData.At("imagenette-sample@val"), model.Input);
        using var weights = model.Bind(ParameterSelection.All(model.Layout), model.Parameters, null);
        var losses = Losses(model, weights, data, data.Count);
        foreach (var expected in reference.RootElement.GetProperty("val_losses").EnumerateObject())
        {
            var item = data.ItemNames!.ToList().FindIndex(name => name.EndsWith(expected.Name, StringComparison.Ordinal));
            Assert.InRange(losses[item], (expected.Value.GetDouble() * 0.98) - 1e-3, (expected.Value.GetDouble() * 1.02) + 1e-3);
        }
    }

    [SharedDataFact("tiny-random/vision-reference.json")]
    public void The_three_torchvision_networks_reproduce_its_outputs()
    {
        using var reference = Reference("tiny-random/vision-reference.json");
        foreach (var network in reference.RootElement.GetProperty("networks").EnumerateObject())
        {
            using var scope = NewDisposeScope();
            using var inference = no_grad();
            var config = new ModelConfig(new JsonObject { ["model_type"] = network.Name }, "config.json");
            var architecture = ArchitectureCatalog.Create(new ModelSource(config, _ => null));
            Assert.Equal(network.Value.GetProperty("parameters").GetInt64(), architecture.Layout.ParameterCount);
            var gain = network.Value.GetProperty("gain").GetDouble();
            var entries = architecture.Layout.Parameters.Select(spec => (spec.Name, spec.Shape))
                .Concat(architecture.Layout.Buffers.Select(spec => (spec.Name, spec.Shape)))
                .OrderBy(entry => entry.Name, StringComparer.Ordinal).ToList();
            var values = entries.Select((entry, place) => (entry.Name, Values: Formula(entry.Name, entry.Shape, place, gain))).ToDictionary(entry => entry.Name, entry => entry.Values);
            var vector = tensor(architecture.Layout.Parameters.SelectMany(spec => values[spec.Name]).ToArray());
            var buffers = architecture.Layout.Buffers.Select(spec => tensor(values[spec.Name], spec.Shape)).ToList();
            using var weights = architecture.Bind(vector, buffers, ParameterSelection.All(architecture.Layout), vector, null);
            var side = network.Value.GetProperty("input_size").GetInt64();
            var input = tensor(Enumerable.Range(0, (int)(6 * side * side)).Select(i => (float)Math.Sin(0.05 * i)).ToArray(), [2, 3, side, side]);
            var logits = architecture.Forward(weights, input);
            Close(
                [.. network.Value.GetProperty("logits_first_8").EnumerateArray().SelectMany(row => row.EnumerateArray()).Select(value => value.GetDouble())],
                logits.narrow(1, 0, 8).contiguous().data<float>().ToArray(),
                1e-3);
            var losses = ItemLoss.Of(Objective.CrossEntropy, logits, tensor([3L, 700L])).data<float>().ToArray();
            Close([.. network.Value.GetProperty("losses").EnumerateArray().Select(value => value.GetDouble())], losses, 1e-3);
        }
    }

    [Fact]
    public void The_loss_of_a_confident_item_keeps_its_digits()
    {
        using var scope = NewDisposeScope();
        var loss = ItemLoss.Of(Objective.CrossEntropy, tensor([40f, 0, -100], [1, 3]), tensor([0L]));
        Assert.Equal(Math.Exp(-40), loss.item<float>(), 1e-22);
    }

    [Fact]
    public void Gradients_agree_with_finite_differences_and_stay_in_the_selection()
    {
        foreach (var config in new[]
        {
            new JsonObject { ["model_type"] = "mlp", ["hidden_sizes"] = new JsonArray(5), ["activation"] = "tanh", ["num_labels"] = 3, ["num_features"] = 4 },
            new JsonObject { ["model_type"] = "cifar_resnet", ["depth"] = 8, ["shortcut"] = "B", ["num_labels"] = 3 },
            new JsonObject { ["model_type"] = "resnet9", ["num_labels"] = 3 },
        })
        {
            using var scope = NewDisposeScope();
            var architecture = ArchitectureCatalog.Create(new ModelSource(new ModelConfig(config, "config.json"), _ => null));
            var vector = Training.TestWeights.Parameters(architecture.Layout, 3);
            var buffers = Training.TestWeights.Buffers(architecture.Layout);
            var gradient = zeros_like(vector);
            var pattern = architecture.Layout.Parameters[^1].Name;
            var all = ParameterSelection.All(architecture.Layout);
            using var weights = architecture.Bind(vector, buffers, all, vector, gradient);
            var inputs = (string)config["model_type"]! == "mlp" ? randn([2, 4]) : randn([2, 3, 32, 32]);
            var labels = tensor([0L, 2L]);
            Tensor Loss() => ItemLoss.Of(Objective.CrossEntropy, architecture.Forward(weights, inputs), labels).sum();
            Loss().backward();
            using var noGradient = no_grad();
            var direction = randn([vector.numel()]);
            direction.div_(direction.norm());
            var slope = gradient.dot(direction).item<float>();
            const double Step = 5e-3;
            vector.add_(direction, Step);
            var after = Loss().item<float>();
            vector.add_(direction, -2 * Step);
            var before = Loss().item<float>();
            Assert.Equal((after - before) / (2 * Step), slope, 0.02 * Math.Max(1, Math.Abs(slope)));

            var one = ParameterSelection.Matching(architecture.Layout, [pattern]);
            Assert.Equal(architecture.Layout.Parameters[^1].Length, one.Count);
        }
    }

    private static double[] Numbers(JsonDocument reference, string field) => [.. reference.RootElement.GetProperty(field).EnumerateArray().Select(value => value.GetDouble())];

    private static JsonDocument Reference(string file) => JsonDocument.Parse(File.ReadAllText(SharedData.At(file)));

    private static float[] Losses(Model model, Weights weights, Dataset data, int count)
    {
        using var feed = new DataFeed(data, model.Input, CPU);
        var losses = new float[feed.Count];
        LossEvaluator.Evaluate(model, weights, feed, 16, losses);
        return losses[..count];
    }

    private static void Close(double[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var index = 0; index < expected.Length; index++)
        {
            Assert.Equal(expected[index], actual[index], tolerance * Math.Max(1, Math.Abs(expected[index])));
        }
    }

    // The weights that the reference file's note describes.
    private static float[] Formula(string name, long[] shape, int place, double gain)
    {
        var size = shape.Aggregate(1L, (product, each) => product * each);
        return [.. Enumerable.Range(0, (int)size).Select(index =>
        {
            var s = Math.Sin((0.7 * index) + place);
            return (float)(name.EndsWith("running_var", StringComparison.Ordinal) ? 1 + (0.5 * Math.Abs(s))
                : name.EndsWith("running_mean", StringComparison.Ordinal) ? 0.1 * s
                : shape.Length == 0 ? 0
                : shape.Length == 1 && name.EndsWith("weight", StringComparison.Ordinal) ? 1 + (0.1 * s)
                : shape.Length == 1 ? 0.05 * s
                : s * Math.Sqrt(gain / (size / (double)shape[0])));
        })];
    }
}
