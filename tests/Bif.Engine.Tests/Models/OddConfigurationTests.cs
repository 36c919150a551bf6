using System.Text.Json.Nodes;
using Bif.Engine.Checkpoints;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Engine.Tests.Models;

/// <summary>A model's configuration with values that make no sense, against a checkpoint that is fine.</summary>
public sealed class OddConfigurationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public OddConfigurationTests() => SafetensorsFile.Write(
        _folder.At("model.safetensors"),
        [
            ("layers.0.weight", [2, 12], new float[24]), ("layers.0.bias", [2], new float[2]),
            ("layers.1.weight", [3, 2], new float[6]), ("layers.1.bias", [3], new float[3]),
        ]);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("image_size", "0", "image_size is 0")]
    [InlineData("image_size", "-2", "image_size is -2")]
    [InlineData("image_size", "100000", "image_size is 100000")]
    [InlineData("resize_size", "-1", "resize_size is -1")]
    [InlineData("num_channels", "0", "num_channels is 0")]
    [InlineData("image_std", "[0,1,1]", "image_std")]
    [InlineData("image_std", "[1e-320,1,1]", "image_std")]
    [InlineData("hidden_sizes", "[1000000000]", "layers.0.weight")]
    [InlineData("label_names_file", "\"nowhere.txt\"", "label_names_file names")]
    [InlineData("num_labels", "-1", "shape [-1, 2]")]
    [InlineData("num_labels", "1000000000", "[1000000000, 2]")]
    public void Is_refused_by_its_name(string field, string value, string says)
    {
        Configure(field, value);
        Assert.Contains(says, Assert.Throws<InputException>(() => Model.Load(_folder.Root, CPU)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("llama", "num_hidden_layers")]
    [InlineData("gpt2", "n_layer")]
    [InlineData("gpt_neox", "num_hidden_layers")]
    public void Millions_of_layers_are_refused_before_they_are_listed(string type, string field)
    {
        var config = new JsonObject
        {
            ["model_type"] = type, ["vocab_size"] = 8, ["hidden_size"] = 16, ["n_embd"] = 16, ["num_attention_heads"] = 2, ["n_head"] = 2, ["intermediate_size"] = 8,
            ["max_position_embeddings"] = 8, ["n_positions"] = 8, [field] = 2_000_000_000,
        };
        File.WriteAllText(_folder.At("config.json"), config.ToJsonString());
        Assert.Contains("number of layers", Assert.Throws<InputException>(() => Model.Load(_folder.Root, CPU)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parameters_that_are_whole_numbers_are_refused()
    {
        Configure("activation", "\"relu\"");
        var file = _folder.At("model.safetensors");
        var bytes = File.ReadAllBytes(file);
        "I32"u8.CopyTo(bytes.AsSpan(bytes.AsSpan().IndexOf("F32"u8)));
        File.WriteAllBytes(file, bytes);
        Assert.Contains("whole numbers", Assert.Throws<InputException>(() => Model.Load(_folder.Root, CPU)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_field_given_twice_is_no_valid_JSON()
    {
        File.WriteAllText(_folder.At("config.json"), """{"model_type":"mlp","model_type":"linear"}""");
        Assert.Contains("not valid JSON", Assert.Throws<InputException>(() => Model.Load(_folder.Root, CPU)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_label_beyond_the_outputs_is_named_where_the_configuration_says_no_number_of_classes()
    {
        Configure("activation", "\"relu\"");
        using var model = Model.Load(_folder.Root, CPU);
        Assert.Null(model.ClassCount);
        File.WriteAllText(_folder.At("t.csv"), $"{string.Join(',', Enumerable.Range(0, 12).Select(column => $"x{column}"))},y\n{string.Join(',', Enumerable.Repeat("1", 12))},3\n");
        using var data = DatasetLoader.Open(_folder.At("t.csv"), null, TargetKind.Class);
        Assert.Contains("label 3", Assert.Throws<InputException>(() => model.CheckData(data)).Message, StringComparison.Ordinal);
    }

    private void Configure(string field, string value)
    {
        var config = new JsonObject { ["model_type"] = "mlp", ["hidden_sizes"] = new JsonArray(2) };
        config[field] = JsonNode.Parse(value);
        File.WriteAllText(_folder.At("config.json"), config.ToJsonString());
    }
}
