using Bif.Engine.Models;
using static TorchSharp.torch;

namespace Bif.Engine.Retraining;

/// <summary>
/// Many networks of fully connected layers as one: their weights lie in [model, inputs, outputs], so that a layer of all of
/// them is one batched product, and the gradient of each tensor comes out contiguous.
/// </summary>
internal sealed class StackedNetwork : IDisposable
{
    private readonly List<(Tensor Weight, Tensor? Bias)> _layers = [];
    private readonly Func<Tensor, Tensor> _between;

    private StackedNetwork(Func<Tensor, Tensor> between) => _between = between;

    /// <summary>Whether networks of this structure can be stacked.</summary>
    public static bool CanStack(Architecture architecture) => architecture is Mlp or LinearRegression;

    /// <summary>Stacks networks of one structure.</summary>
    /// <param name="architecture">The structure; see <see cref="CanStack"/>.</param>
    /// <param name="parameters">The flat vector [P] of each; copied.</param>
    public static StackedNetwork Of(Architecture architecture, IReadOnlyList<Tensor> parameters)
    {
        var (layers, between) = architecture switch
        {
            Mlp mlp => (mlp.Layers, mlp.BetweenLayers),
            LinearRegression linear => ([linear.Layer], static x => x),
            _ => throw new ArgumentException($"A {architecture.GetType().Name} cannot be stacked.", nameof(architecture)),
        };
        var network = new StackedNetwork(between);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        foreach (var layer in layers)
        {
            var weight = Stack(architecture.Layout.Parameters[layer.Weight], parameters).transpose(1, 2).contiguous();
            var bias = layer.Bias is { } index ? Stack(architecture.Layout.Parameters[index], parameters).unsqueeze(1) : null;
            network._layers.Add((Leaf(weight), bias is null ? null : Leaf(bias)));
        }

        return network;
    }

    /// <summary>Weights [model, inputs, outputs] and biases [model, 1, outputs], layer after layer: leaves with gradients.</summary>
    public IEnumerable<Tensor> Tensors => _layers.SelectMany(layer => layer.Bias is { } bias ? new[] { layer.Weight, bias } : [layer.Weight]);

    /// <summary>Weights of the first layer.</summary>
    public Tensor First => _layers[0].Weight;

    /// <summary>Replaces the weights of the first layer; takes ownership, and gives the old ones back to the caller.</summary>
    public Tensor ReplaceFirst(Tensor weight)
    {
        var old = _layers[0].Weight;
        _layers[0] = (Leaf(weight), _layers[0].Bias);
        return old;
    }

    /// <summary>Outputs [model · batch, classes] or predictions [model · batch] for inputs [model, batch, features].</summary>
    public Tensor Forward(Tensor inputs, Objective objective)
    {
        var x = inputs;
        for (var index = 0; index < _layers.Count; index++)
        {
            var (weight, bias) = _layers[index];
            x = bias is null ? x.bmm(weight) : bias.baddbmm(x, weight);
            x = index + 1 < _layers.Count ? _between(x) : x;
        }

        return objective == Objective.HalfSquaredError ? x.flatten() : x.flatten(0, 1);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in Tensors)
        {
            tensor.Dispose();
        }
    }

    private static Tensor Stack(ParameterSpec spec, IReadOnlyList<Tensor> parameters)
        => stack(parameters.Select(vector => vector.narrow(0, spec.Offset, spec.Length).view(spec.Shape)).ToList());

    private static Tensor Leaf(Tensor values)
    {
        var leaf = values.detach().requires_grad_(true);
        return leaf.DetachFromDisposeScope();
    }
}
