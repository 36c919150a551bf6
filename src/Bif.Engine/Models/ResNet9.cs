using Bif.Engine.Models.Layers;
using static TorchSharp.torch;

namespace Bif.Engine.Models;

/// <summary>The ResNet-9 for CIFAR-10 of the attribution literature, with the tensor names of its sequential form.</summary>
[ModelType("resnet9")]
public sealed class ResNet9 : Architecture
{
    private readonly ConvBatchNormRelu _stem, _down, _widen, _narrow;
    private readonly ConvBatchNormRelu[] _residual128, _residual256;
    private readonly Linear _linear;

    /// <summary>Declares the layers.</summary>
    public ResNet9(ModelSource source)
    {
        var config = source.Config;
        var layers = new LayerList();
        ConvBatchNormRelu Conv(string name, int inputs, int outputs, int kernel, int stride, int padding) => new(
            layers.Conv2d($"{name}.0", inputs, outputs, kernel, stride, padding, bias: false), layers.BatchNorm2d($"{name}.1", outputs));
        _stem = Conv("0", config.Integer("num_channels", 3), 64, 3, 1, 1);
        _down = Conv("1", 64, 128, 5, 2, 2);
        _residual128 = [Conv("2.module.0", 128, 128, 3, 1, 1), Conv("2.module.1", 128, 128, 3, 1, 1)];
        _widen = Conv("3", 128, 256, 3, 1, 1);
        _residual256 = [Conv("5.module.0", 256, 256, 3, 1, 1), Conv("5.module.1", 256, 256, 3, 1, 1)];
        _narrow = Conv("6", 256, 128, 3, 1, 0);
        _linear = layers.Linear("9", 128, config.Integer("num_labels", 10), bias: false);
        Layout = layers.ToLayout();
    }

    /// <inheritdoc/>
    public override Layout Layout { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Weights weights, Tensor inputs)
    {
        Func<Tensor, Tensor>[] stages =
        [
            x => x + _residual128[1].Forward(weights, _residual128[0].Forward(weights, x)),
            x => nn.functional.max_pool2d(_widen.Forward(weights, x), [2L, 2L]),
            x => x + _residual256[1].Forward(weights, _residual256[0].Forward(weights, x)),
            x => nn.functional.adaptive_max_pool2d(_narrow.Forward(weights, x), [1, 1]).flatten(1),
        ];
        var first = Stages.Of(weights, () => _down.Forward(weights, _stem.Forward(weights, inputs)));
        return _linear.Forward(weights, Stages.Run(weights, first, stages, (stage, x) => stage(x))) * 0.2;
    }
}
