using Bif.Engine.Models.Layers;
using static TorchSharp.torch;

namespace Bif.Engine.Models;

/// <summary>
/// A small plain convolutional network, without normalisation: <c>convs.{i}</c> with <c>widths</c> channels, kernels of
/// <c>kernel_size</c> (odd) and stride 2, each followed by <c>activation</c>, then <c>linear</c> over all places. Cheap
/// enough that full-batch sampling around it takes minutes on a processor.
/// </summary>
[ModelType("convnet")]
public sealed class ConvNet : Architecture
{
    private readonly List<Conv2d> _convolutions = [];
    private readonly Linear _linear;
    private readonly Func<Tensor, Tensor> _activation;

    /// <summary>Declares the layers.</summary>
    public ConvNet(ModelSource source)
    {
        var config = source.Config;
        var widths = config.Integers("widths") ?? throw config.Invalid("widths", "is missing: give the channels of the convolutions, as in [16, 32]");
        if (widths.Length == 0 || widths.Any(width => width <= 0))
        {
            throw config.Invalid("widths", "must be one or more positive numbers of channels");
        }

        var kernel = config.Integer("kernel_size", 3);
        if (kernel < 1 || kernel % 2 == 0)
        {
            throw config.Invalid("kernel_size", $"is {kernel}, but must be odd, as in 3");
        }

        _activation = Activation.From(config);
        var layers = new LayerList();
        var (channels, size) = (config.Integer("num_channels", 3), config.Integer("image_size"));
        for (var index = 0; index < widths.Length; index++)
        {
            _convolutions.Add(layers.Conv2d($"convs.{index}", channels, widths[index], kernel, 2, kernel / 2));
            (channels, size) = (widths[index], (size + 1) / 2);
        }

        _linear = layers.Linear("linear", (long)channels * size * size, source.Size("num_labels", "linear.weight", 0));
        Layout = layers.ToLayout();
    }

    /// <inheritdoc/>
    public override Layout Layout { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Weights weights, Tensor inputs)
    {
        Tensor Layer(Conv2d layer, Tensor x) => _activation(layer.Forward(weights, x));
        var x = Stages.Of(weights, () => Layer(_convolutions[0], inputs));
        return _linear.Forward(weights, Stages.Run(weights, x, _convolutions.Skip(1), Layer).flatten(1));
    }
}
