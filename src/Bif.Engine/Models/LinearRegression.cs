using Bif.Engine.Models.Layers;
using static TorchSharp.torch;

namespace Bif.Engine.Models;

/// <summary>Linear regression ŷ = x·weightᵀ + bias with parameters <c>weight</c> [1, d] and, optionally, <c>bias</c> [1].</summary>
[ModelType("linear")]
public sealed class LinearRegression : Architecture
{
    private readonly Linear _layer;

    /// <summary>Declares the layer; sizes come from num_features or the checkpoint.</summary>
    public LinearRegression(ModelSource source)
    {
        var features = source.Size("num_features", "weight", 1);
        var bias = source.Config.Flag("bias", source.CheckpointShape("bias") is not null);
        var layers = new LayerList();
        _layer = new Linear(
            layers.Parameter("weight", [1, features], Initialization.Zeros, features),
            bias ? layers.Parameter("bias", [1], Initialization.Zeros, features) : null);
        Layout = layers.ToLayout();
    }

    /// <inheritdoc/>
    public override Layout Layout { get; }

    /// <inheritdoc/>
    public override Objective Objective => Objective.HalfSquaredError;

    /// <summary>The one layer.</summary>
    internal Linear Layer => _layer;

    /// <inheritdoc/>
    public override Tensor Forward(Weights weights, Tensor inputs) => _layer.Forward(weights, inputs.flatten(1)).squeeze(1);
}
