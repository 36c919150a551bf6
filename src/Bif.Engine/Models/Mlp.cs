using Bif.Engine.Models.Layers;
using static TorchSharp.torch;

namespace Bif.Engine.Models;

/// <summary>
/// A multi-layer perceptron over flattened inputs: <c>layers.{i}.weight</c> [out, in], <c>layers.{i}.bias</c>, with
/// <c>hidden_sizes</c> (empty: logistic regression) and <c>activation</c>. <c>task</c>: classification or regression.
/// </summary>
[ModelType("mlp")]
public sealed class Mlp : Architecture
{
    private readonly List<Linear> _layers = [];
    private readonly Func<Tensor, Tensor> _activation;

    /// <summary>Declares the layers; the input size comes from the configuration or the checkpoint.</summary>
    public Mlp(ModelSource source)
    {
        var config = source.Config;
        var hidden = config.Integers("hidden_sizes") ?? throw config.Invalid("hidden_sizes", "is missing: give the widths of the hidden layers, as in [128]");
        if (hidden.Any(width => width <= 0))
        {
            throw config.Invalid("hidden_sizes", "must be positive widths");
        }

        _activation = Activation.From(config);
        Objective = config.Text("task", "classification") switch
        {
            "classification" or "image-classification" => Objective.CrossEntropy,
            "regression" => Objective.HalfSquaredError,
            var task => throw config.Invalid("task", $"\"{task}\" is not known: it is classification or regression"),
        };
        var outputs = Objective == Objective.HalfSquaredError ? 1 : source.Size("num_labels", $"layers.{hidden.Length}.weight", 0);
        int[] widths = [Inputs(source), .. hidden, outputs];
        var layers = new LayerList();
        for (var index = 0; index + 1 < widths.Length; index++)
        {
            _layers.Add(layers.Linear($"layers.{index}", widths[index], widths[index + 1]));
        }

        Layout = layers.ToLayout();
    }

    /// <inheritdoc/>
    public override Layout Layout { get; }

    /// <inheritdoc/>
    public override Objective Objective { get; }

    /// <summary>The layers, first to last.</summary>
    internal IReadOnlyList<Linear> Layers => _layers;

    /// <summary>What stands between the layers.</summary>
    internal Func<Tensor, Tensor> BetweenLayers => _activation;

    /// <inheritdoc/>
    public override Tensor Forward(Weights weights, Tensor inputs)
    {
        var x = inputs.flatten(1);
        for (var index = 0; index < _layers.Count; index++)
        {
            x = _layers[index].Forward(weights, x);
            x = index + 1 < _layers.Count ? _activation(x) : x;
        }

        return Objective == Objective.HalfSquaredError ? x.squeeze(1) : x;
    }

    private static int Inputs(ModelSource source) => source.Config switch
    {
        var config when config.Has("input_size") => config.Integer("input_size"),
        var config when config.Has("num_features") => config.Integer("num_features"),
        var config when config.Has("image_size") => config.Integer("num_channels", 1) * config.Integer("image_size") * config.Integer("image_size"),
        _ => source.Size("input_size", "layers.0.weight", 1),
    };
}
