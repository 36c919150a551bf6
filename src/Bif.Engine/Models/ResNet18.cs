using Bif.Engine.Models.Layers;
using static TorchSharp.torch;

namespace Bif.Engine.Models;

/// <summary>ResNet-18 (arXiv 1512.03385) with torchvision's tensor names.</summary>
[ModelType("resnet18")]
public sealed class ResNet18 : Architecture
{
    private readonly ConvBatchNormRelu _stem;
    private readonly List<Block> _blocks = [];
    private readonly Linear _fc;

    /// <summary>Declares the layers.</summary>
    public ResNet18(ModelSource source)
    {
        var config = source.Config;
        var layers = new LayerList();
        _stem = new(layers.Conv2d("conv1", config.Integer("num_channels", 3), 64, 7, 2, 3, bias: false), layers.BatchNorm2d("bn1", 64));
        var channels = 64;
        for (var stage = 1; stage <= 4; stage++)
        {
            var width = 32 << stage;
            for (var index = 0; index < 2; index++)
            {
                _blocks.Add(new Block(layers, $"layer{stage}.{index}", channels, width, stage > 1 && index == 0 ? 2 : 1));
                channels = width;
            }
        }

        _fc = layers.Linear("fc", 512, config.Integer("num_labels", 1000));
        Layout = layers.ToLayout();
    }

    /// <inheritdoc/>
    public override Layout Layout { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Weights weights, Tensor inputs)
    {
        var x = Stages.Of(weights, () => nn.functional.max_pool2d(_stem.Forward(weights, inputs), [3L, 3L], [2L, 2L], [1L, 1L]));
        x = Stages.Run(weights, x, _blocks, (block, x) => block.Forward(weights, x));
        return _fc.Forward(weights, x.mean([2, 3]));
    }

    private sealed class Block
    {
        private readonly ConvBatchNormRelu _first;
        private readonly ConvBatchNorm _second;
        private readonly ConvBatchNorm? _downsample;

        public Block(LayerList layers, string name, int inputs, int outputs, int stride)
        {
            _first = new(layers.Conv2d($"{name}.conv1", inputs, outputs, 3, stride, 1, bias: false), layers.BatchNorm2d($"{name}.bn1", outputs));
            _second = new(layers.Conv2d($"{name}.conv2", outputs, outputs, 3, 1, 1, bias: false), layers.BatchNorm2d($"{name}.bn2", outputs));
            if (stride != 1 || inputs != outputs)
            {
                _downsample = new(layers.Conv2d($"{name}.downsample.0", inputs, outputs, 1, stride, 0, bias: false),
                    layers.BatchNorm2d($"{name}.downsample.1", outputs));
            }
        }

        public Tensor Forward(Weights weights, Tensor x)
            => ConvBatchNorm.AddRelu(weights, _second.Forward(weights, _first.Forward(weights, x)), _downsample?.Forward(weights, x) ?? x);
    }
}
