using Bif.Engine.Models.Layers;
using static TorchSharp.torch;

namespace Bif.Engine.Models;

/// <summary>
/// GoogLeNet (Inception-v1, arXiv 1409.4842) with batch normalisation and torchvision's tensor names, without the
/// auxiliary heads, which play no part in evaluation. <c>transform_input</c>: as torchvision's published weights need.
/// </summary>
[ModelType("googlenet")]
public sealed class GoogLeNet : Architecture
{
    private readonly ConvBatchNormRelu _conv1, _conv2, _conv3;
    private readonly List<Inception> _inceptions = [];
    private readonly Linear _fc;
    private readonly bool _transformsInput;

    /// <summary>Declares the layers.</summary>
    public GoogLeNet(ModelSource source)
    {
        var config = source.Config;
        _transformsInput = config.Flag("transform_input", false);
        var layers = new LayerList();
        _conv1 = Conv(layers, "conv1", config.Integer("num_channels", 3), 64, 7, 2, 3);
        _conv2 = Conv(layers, "conv2", 64, 64, 1, 1, 0);
        _conv3 = Conv(layers, "conv3", 64, 192, 3, 1, 1);
        foreach (var (name, inputs, one, three, five, pool) in new (string, int, int, (int, int), (int, int), int)[]
        {
            ("3a", 192, 64, (96, 128), (16, 32), 32), ("3b", 256, 128, (128, 192), (32, 96), 64),
            ("4a", 480, 192, (96, 208), (16, 48), 64), ("4b", 512, 160, (112, 224), (24, 64), 64),
            ("4c", 512, 128, (128, 256), (24, 64), 64), ("4d", 512, 112, (144, 288), (32, 64), 64),
            ("4e", 528, 256, (160, 320), (32, 128), 128), ("5a", 832, 256, (160, 320), (32, 128), 128),
            ("5b", 832, 384, (192, 384), (48, 128), 128),
        })
        {
            _inceptions.Add(new Inception(layers, "inception" + name, inputs, one, three, five, pool));
        }

        _fc = layers.Linear("fc", 1024, config.Integer("num_labels", 1000));
        Layout = layers.ToLayout();
    }

    /// <inheritdoc/>
    public override Layout Layout { get; }

    /// <inheritdoc/>
    public override bool Ignores(string tensor) => tensor.StartsWith("aux", StringComparison.Ordinal);

    /// <inheritdoc/>
    public override Tensor Forward(Weights weights, Tensor inputs)
    {
        var x = Stages.Of(weights, () => Pool(_conv1.Forward(weights, _transformsInput ? Transform(inputs) : inputs), 3));
        Func<Tensor, Tensor>[] stages =
        [
            x => Pool(_conv3.Forward(weights, _conv2.Forward(weights, x)), 3),
            .. _inceptions.Select((inception, index) => (Func<Tensor, Tensor>)(index switch
            {
                1 => x => Pool(inception.Forward(weights, x), 3),
                6 => x => Pool(inception.Forward(weights, x), 2),
                _ => x => inception.Forward(weights, x),
            })),
        ];
        x = Stages.Run(weights, x, stages, (stage, x) => stage(x));
        x = x.mean([2, 3]);
        return _fc.Forward(weights, weights.Training ? nn.functional.dropout(x, 0.2, true) : x);
    }

    private static Tensor Pool(Tensor x, long kernel) => nn.functional.max_pool2d(x, [kernel, kernel], [2L, 2L], ceil_mode: true);

    private static ConvBatchNormRelu Conv(LayerList layers, string name, int inputs, int outputs, int kernel, int stride, int padding) => new(
        layers.Conv2d($"{name}.conv", inputs, outputs, kernel, stride, padding, bias: false), layers.BatchNorm2d($"{name}.bn", outputs, 1e-3));

    // From ImageNet's channel statistics to the [-1, 1] scale that the original weights were trained with.
    private static Tensor Transform(Tensor x)
    {
        var scale = tensor([0.229f / 0.5f, 0.224f / 0.5f, 0.225f / 0.5f], [1, 3, 1, 1]).to(x.device);
        var shift = tensor([(0.485f - 0.5f) / 0.5f, (0.456f - 0.5f) / 0.5f, (0.406f - 0.5f) / 0.5f], [1, 3, 1, 1]).to(x.device);
        return (x * scale) + shift;
    }

    private sealed class Inception(
        LayerList layers, string name, int inputs, int one, (int Reduce, int Out) three, (int Reduce, int Out) five, int pool)
    {
        private readonly ConvBatchNormRelu _branch1 = Conv(layers, $"{name}.branch1", inputs, one, 1, 1, 0);
        private readonly ConvBatchNormRelu _branch2Reduce = Conv(layers, $"{name}.branch2.0", inputs, three.Reduce, 1, 1, 0);
        private readonly ConvBatchNormRelu _branch2 = Conv(layers, $"{name}.branch2.1", three.Reduce, three.Out, 3, 1, 1);
        private readonly ConvBatchNormRelu _branch3Reduce = Conv(layers, $"{name}.branch3.0", inputs, five.Reduce, 1, 1, 0);
        private readonly ConvBatchNormRelu _branch3 = Conv(layers, $"{name}.branch3.1", five.Reduce, five.Out, 3, 1, 1);
        private readonly ConvBatchNormRelu _branch4 = Conv(layers, $"{name}.branch4.1", inputs, pool, 1, 1, 0);

        public Tensor Forward(Weights weights, Tensor x) => cat(
            [
                _branch1.Forward(weights, x),
                _branch2.Forward(weights, _branch2Reduce.Forward(weights, x)),
                _branch3.Forward(weights, _branch3Reduce.Forward(weights, x)),
                _branch4.Forward(weights, nn.functional.max_pool2d(x, [3L, 3L], [1L, 1L], [1L, 1L], ceil_mode: true)),
            ],
            1);
    }
}
