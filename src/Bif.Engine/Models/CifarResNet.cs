using Bif.Engine.Models.Layers;
using static TorchSharp.torch;

namespace Bif.Engine.Models;

/// <summary>
/// The CIFAR residual networks of He et al. 2015 (arXiv 1512.03385, section 4.2): <c>depth</c> 6m+2, <c>shortcut</c> A
/// (subsample, pad channels with zeros) or B (1×1 convolution).
/// </summary>
[ModelType("cifar_resnet")]
public sealed class CifarResNet : Architecture
{
    private readonly ConvBatchNormRelu _stem;
    private readonly List<Block> _blocks = [];
    private readonly Linear _linear;

    /// <summary>Declares the layers.</summary>
    public CifarResNet(ModelSource source)
    {
        var config = source.Config;
        var depth = config.Integer("depth");
        if (depth < 8 || depth % 6 != 2)
        {
            throw config.Invalid("depth", $"{depth} is not 6m+2 (20, 32, 44, 56, …)");
        }

        var projects = config.Text("shortcut", "A") switch
        {
            "A" => false,
            "B" => true,
            var other => throw config.Invalid("shortcut", $"\"{other}\" is not known: it is A or B"),
        };
        var layers = new LayerList();
        _stem = new(layers.Conv2d("conv1", config.Integer("num_channels", 3), 16, 3, 1, 1, bias: false), layers.BatchNorm2d("bn1", 16));
        var channels = 16;
        foreach (var (stage, width) in new[] { (1, 16), (2, 32), (3, 64) })
        {
            for (var index = 0; index < (depth - 2) / 6; index++)
            {
                _blocks.Add(new Block(layers, $"layer{stage}.{index}", channels, width, stage > 1 && index == 0 ? 2 : 1, projects));
                channels = width;
            }
        }

        _linear = layers.Linear("linear", 64, config.Integer("num_labels", 10));
        Layout = layers.ToLayout();
    }

    /// <inheritdoc/>
    public override Layout Layout { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Weights weights, Tensor inputs)
    {
        var x = Stages.Run(weights, Stages.Of(weights, () => _stem.Forward(weights, inputs)), _blocks, (block, x) => block.Forward(weights, x));
        return _linear.Forward(weights, x.mean([2, 3]));
    }

    private sealed class Block
    {
        private readonly ConvBatchNormRelu _first;
        private readonly ConvBatchNorm _second;
        private readonly ConvBatchNorm? _projection;
        private readonly bool _subsamples;
        private readonly int _padding;

        public Block(LayerList layers, string name, int inputs, int outputs, int stride, bool projects)
        {
            _first = new(layers.Conv2d($"{name}.conv1", inputs, outputs, 3, stride, 1, bias: false), layers.BatchNorm2d($"{name}.bn1", outputs));
            _second = new(layers.Conv2d($"{name}.conv2", outputs, outputs, 3, 1, 1, bias: false), layers.BatchNorm2d($"{name}.bn2", outputs));
            _subsamples = stride != 1 || inputs != outputs;
            _padding = outputs / 4;
            if (_subsamples && projects)
            {
                _projection = new(layers.Conv2d($"{name}.shortcut.0", inputs, outputs, 1, stride, 0, bias: false),
                    layers.BatchNorm2d($"{name}.shortcut.1", outputs));
            }
        }

        public Tensor Forward(Weights weights, Tensor x)
            => ConvBatchNorm.AddRelu(weights, _second.Forward(weights, _first.Forward(weights, x)), Shortcut(weights, x));

        private Tensor Shortcut(Weights weights, Tensor x) => !_subsamples ? x
            : _projection is { } projection ? projection.Forward(weights, x)
            : nn.functional.pad(
                x.slice(2, 0, long.MaxValue, 2).slice(3, 0, long.MaxValue, 2), [0, 0, 0, 0, _padding, _padding]);
    }
}
