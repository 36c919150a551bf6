using System.Text.Json.Nodes;
using Bif.Engine.Models;
using Bif.Engine.Models.Layers;
using Bif.Engine.Training;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Engine.Tests.Models;

/// <summary>Passes hold the activations of a few layers, not of all.</summary>
public sealed class StagesTests
{
    private const string Llama = """{"model_type":"llama","hidden_size":16,"num_attention_heads":2,"intermediate_size":24,"vocab_size":50,"max_position_embeddings":32}""";
    private const string NeoX = """{"model_type":"gpt_neox","hidden_size":16,"num_attention_heads":2,"intermediate_size":24,"vocab_size":50,"max_position_embeddings":32}""";

    [Theory]
    [InlineData("""{"model_type":"cifar_resnet","num_labels":10}""", "depth", 8, 20)]
    [InlineData("""{"model_type":"cifar_resnet","num_labels":10,"shortcut":"B"}""", "depth", 8, 20)]
    [InlineData(Llama, "num_hidden_layers", 1, 5)]
    [InlineData(NeoX, "num_hidden_layers", 1, 5)]
    [InlineData("""{"model_type":"gpt2","n_embd":16,"n_head":2,"n_positions":32,"vocab_size":50}""", "n_layer", 1, 5)]
    public void What_a_pass_leaves_in_memory_does_not_grow_with_its_layers(string config, string depth, int few, int many)
    {
        Assert.Equal(Left(config, depth, few, null), Left(config, depth, many, null));
        Assert.True(Left(config, depth, few, new Bystander()) < Left(config, depth, many, new Bystander()), "an observer's tensors were released");
    }

    [Theory]
    [InlineData("""{"model_type":"resnet9","num_labels":10}""", 32)]
    [InlineData("""{"model_type":"resnet18","num_labels":10}""", 64)]
    [InlineData("""{"model_type":"googlenet","num_labels":10,"transform_input":true}""", 64)]
    [InlineData("""{"model_type":"squeezenet1_1","num_labels":10}""", 64)]
    [InlineData("""{"model_type":"convnet","num_labels":10,"widths":[4,4,4,4],"image_size":32}""", 32)]
    public void Networks_of_pictures_leave_a_handful_of_tensors(string config, int size)
    {
        var model = (JsonObject)JsonNode.Parse(config)!;
        Assert.InRange(Left(model, ones([1, 3, size, size]), null), 1, 8);
    }

    private static int Left(string config, string depth, int layers, ILayerObserver? observer)
    {
        var model = (JsonObject)JsonNode.Parse(config)!;
        model[depth] = layers;
        return Left(model, depth == "depth" ? ones([1, 3, 32, 32]) : ones([1, 6], int64), observer);
    }

    // Tensors that the caller's scope holds after a forward pass.
    private static int Left(JsonObject config, Tensor inputs, ILayerObserver? observer)
    {
        using var outer = NewDisposeScope();
        using var noGradient = no_grad();
        var architecture = ArchitectureCatalog.Create(new ModelSource(new ModelConfig(config, "config.json"), _ => null));
        var parameters = WeightInitializer.Parameters(architecture.Layout, 1);
        using var weights = new Weights(architecture.Layout, parameters, [.. WeightInitializer.Buffers(architecture.Layout)], ParameterSelection.All(architecture.Layout), parameters, null) { Observer = observer };
        using var scope = NewDisposeScope();
        var outputs = architecture.Forward(weights, inputs);
        Assert.True(outputs.isfinite().all().item<bool>());
        return scope.DisposablesCount;
    }
}
