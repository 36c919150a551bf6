using Bif.Engine.Models.Layers;
using static TorchSharp.torch;

namespace Bif.Engine.Models;

/// <summary>SqueezeNet 1.1 (arXiv 1602.07360) with torchvision's tensor names.</summary>
[ModelType("squeezenet1_1")]
public sealed class SqueezeNet : Architecture
{
    private readonly Conv2d _stem, _classifier;
    private readonly Dictionary<int, Fire> _fires = [];

    /// <summary>Declares the layers.</summary>
    public SqueezeNet(ModelSource source)
    {
        var config = source.Config;
        var layers = new LayerList();
        _stem = layers.Conv2d("features.0", config.Integer("num_channels", 3), 64, 3, 2);
        foreach (var (index, inputs, squeeze, expand) in new[]
        {
            (3, 64, 16, 64), (4, 128, 16, 64), (6, 128, 32, 128), (7, 256, 32, 128),
            (9, 256, 48, 192), (10, 384, 48, 192), (11, 384, 64, 256), (12, 512, 64, 256),
        })
        {
            _fires[index] = new Fire(layers, $"features.{index}", inputs, squeeze, expand);
        }

        _classifier = layers.Conv2d("classifier.1", 512, config.Integer("num_labels", 1000), 1);
        Layout = layers.ToLayout();
    }

    /// <inheritdoc/>
    public override Layout Layout { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Weights weights, Tensor inputs)
    {
        var x = Stages.Of(weights, () => Pool(nn.functional.relu(_stem.Forward(weights, inputs))));
        x = Stages.Run(weights, x, Enumerable.Range(3, 10), (index, x) => index is 5 or 8 ? Pool(x) : _fires[index].Forward(weights, x));
        x = weights.Training ? nn.functional.dropout(x, 0.5, true) : x;
        return nn.functional.relu(_classifier.Forward(weights, x)).mean([2, 3]);
    }

    private static Tensor Pool(Tensor x) => nn.functional.max_pool2d(x, [3L, 3L], [2L, 2L], ceil_mode: true);

    private sealed class Fire(LayerList layers, string name, int inputs, int squeeze, int expand)
    {
        private readonly Conv2d _squeeze = layers.Conv2d($"{name}.squeeze", inputs, squeeze, 1);
        private readonly Conv2d _expand1 = layers.Conv2d($"{name}.expand1x1", squeeze, expand, 1);
        private readonly Conv2d _expand3 = layers.Conv2d($"{name}.expand3x3", squeeze, expand, 3, 1, 1);

        public Tensor Forward(Weights weights, Tensor inputs)
        {
            var x = nn.functional.relu(_squeeze.Forward(weights, inputs));
            return cat([nn.functional.relu(_expand1.Forward(weights, x)), nn.functional.relu(_expand3.Forward(weights, x))], 1);
        }
    }
}
