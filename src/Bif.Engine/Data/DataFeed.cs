using Bif.Engine.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Bif.Engine.Data;

/// <summary>
/// Items as a model takes them, on its device. What fits is kept there: normalised numbers where items and their sum are small, on another device than
/// the CPU raw pixels when larger; else items are read at each batch, on the CPU from where the data lie in memory already.
/// Safe to use from several threads, each with its own dispose scope.
/// </summary>
public sealed class DataFeed : IDisposable
{
    private const long NormalisedLimit = 48L << 20;

    // Networks that take photographs spend so much on each that normalising it anew costs nothing; its numbers are four times its pixels.
    private const long NormalisedItemLimit = 64L << 10;
    private const int AtATime = 64;
    private readonly Dataset _data;
    private readonly Device _device;
    private readonly bool _image;
    private readonly Tensor? _scale;
    private readonly Tensor? _shift;
    private readonly Tensor? _targets;
    private readonly TokenBatches? _tokens;
    private readonly Tensor? _raw;
    private readonly Tensor? _normalised;

    /// <summary>Whether the items are pictures of several channels, whose layout is a choice.</summary>
    public bool HasPictures => _image && _data.Items.ItemShape[0] > 1;

    /// <summary>How pictures lie in memory; null for what mostly suits the device.</summary>
    public ImageLayout? Layout { get; set; }

    /// <summary>Prepares the items; the dataset stays the caller's.</summary>
    /// <param name="data">The items.</param>
    /// <param name="input">Mean and deviation per channel; null for none.</param>
    /// <param name="device">Where batches are wanted.</param>
    /// <param name="residentBytes">How much raw data may stay on a device other than the CPU.</param>
    public DataFeed(Dataset data, InputSpec? input, Device device, long residentBytes = 1L << 30)
    {
        _data = data;
        _device = device;
        if (data.Text is { } text)
        {
            _tokens = new TokenBatches(text, device);
            TokenOffsets = text.PredictedOffsets();
            return;
        }

        var shape = data.Items.ItemShape;
        _image = shape.Length == 3;
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        _targets = (data.Labels is { } labels ? tensor(labels.Select(label => (long)label).ToArray()) : tensor(data.Targets!))
            .to(device).DetachFromDisposeScope();
        if (data.Items.ElementType == ElementType.UInt8)
        {
            var channels = (int)shape[0];
            var mean = PerChannel(input?.Mean, channels, 0);
            var std = PerChannel(input?.Std, channels, 1);
            _scale = tensor(std.Select(each => (float)(1 / (255 * each))).ToArray()).to(device).DetachFromDisposeScope();
            _shift = tensor(mean.Zip(std, (m, s) => (float)(m / s)).ToArray()).to(device).DetachFromDisposeScope();
        }

        var numbers = shape.Aggregate((long)sizeof(float), (product, size) => product * size);
        if (numbers <= NormalisedItemLimit && numbers * data.Count <= NormalisedLimit)
        {
            _normalised = Resident(float32, Normalise);
        }
        else if (device.type != DeviceType.CPU && RecordReader.ItemBytes(data.Items.ElementType, shape) * (long)data.Count <= residentBytes)
        {
            _raw = Resident(data.Items.ElementType == ElementType.UInt8 ? uint8 : float32, raw => raw);
        }
    }

    /// <summary>Number of items.</summary>
    public int Count => _data.Count;

    /// <summary>Whether the items stay on the device.</summary>
    public bool IsResident => _raw is not null || _normalised is not null || _tokens is { KeepsPasses: true };

    /// <summary>Whether items on the device can be gathered by indices that are there too.</summary>
    internal bool GathersOnDevice => _raw is not null || _normalised is not null;

    /// <summary>Where the losses of each text's tokens begin, and their number at the end [items + 1]; empty for other items.</summary>
    public int[] TokenOffsets { get; } = [];

    /// <summary>The dearest items, for measuring time and memory.</summary>
    public Batch Dearest(int count) => _tokens is null ? Range(0, count) : _tokens.Gather(_tokens.LongestFirst.AsSpan(0, count));

    /// <summary>A stretch of a pass over all items in the order in which passes are cheapest: <see cref="Order"/>.</summary>
    public Batch Pass(int start, int count) => _tokens is null ? Range(start, count) : _tokens.Pass(start, count);

    /// <summary>The items of a pass's stretch; null where passes have the items' own order.</summary>
    public int[]? Order(int start, int count) => _tokens?.LongestFirst[start..(start + count)];

    /// <summary>Consecutive items.</summary>
    public Batch Range(int start, int count)
    {
        if (_tokens is not null)
        {
            return _tokens.Gather(Enumerable.Range(start, count).ToArray());
        }

        var targets = _targets!.narrow(0, start, count);
        return _normalised is not null ? new Batch(Arrange(_normalised.narrow(0, start, count)), targets)
            : _raw is not null ? new Batch(Arrange(Normalise(_raw.narrow(0, start, count))), targets)
            : new Batch(Arrange(Normalise(ReadRaw(Enumerable.Range(start, count).ToArray()).On(_device))), targets);
    }

    /// <summary>Items by index.</summary>
    public Batch Gather(ReadOnlySpan<int> indices)
    {
        if (_tokens is not null)
        {
            return _tokens.Gather(indices);
        }

        var index = Index(indices).On(_device);
        return GathersOnDevice
            ? Gather(index)
            : new Batch(Arrange(Normalise(ReadRaw(indices.ToArray()).On(_device))), _targets!.index_select(0, index));
    }

    /// <summary>Items by indices [count] that are on the device, as the items are (<see cref="GathersOnDevice"/>).</summary>
    internal Batch Gather(Tensor index) => new(
        Arrange(_normalised is not null ? _normalised.index_select(0, index) : Normalise(_raw!.index_select(0, index))),
        _targets!.index_select(0, index));

    /// <summary>The targets alone of items that are no text.</summary>
    internal Tensor Targets(ReadOnlySpan<int> indices) => _targets!.index_select(0, Index(indices).On(_device));

    /// <summary>Indices as a tensor [count] of the host.</summary>
    internal static Tensor Index(ReadOnlySpan<int> indices)
    {
        var wide = new long[indices.Length];
        for (var position = 0; position < wide.Length; position++)
        {
            wide[position] = indices[position];
        }

        return tensor(wide);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _tokens?.Dispose();
        _targets?.Dispose();
        _scale?.Dispose();
        _shift?.Dispose();
        _raw?.Dispose();
        _normalised?.Dispose();
    }

    // All items in one tensor of the device, read a few at a time: beside it there is never a second copy of them.
    private Tensor Resident(ScalarType type, Func<Tensor, Tensor> form)
    {
        var all = empty([Count, .. MemoryShape(_data.Items.ItemShape)], type, _device).DetachFromDisposeScope();
        for (var start = 0; start < Count; start += AtATime)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(AtATime, Count - start);
            all.narrow(0, start, count).copy_(form(ReadRaw(Enumerable.Range(start, count).ToArray()).On(_device)));
        }

        return all;
    }

    // Images lie in memory as [height, width, channels], which convolutions prefer.
    private long[] MemoryShape(long[] shape) => _image ? [shape[1], shape[2], shape[0]] : shape;

    // [batch, height, width, channels] in memory becomes [batch, channels, height, width]: without a copy, but where convolutions
    // want each channel as a plane.
    private Tensor Arrange(Tensor values)
    {
        var arranged = _image ? values.permute(0, 3, 1, 2) : values;
        return _image && WantsPlanes ? arranged.contiguous() : arranged;
    }

    // Where nothing was measured: on a GPU float32 passes without gradients take a third of the time with planes (ResNet-20 on an
    // H200: 182,000 items/s, 68,000 with channels last); elsewhere channels last are mostly the faster ones.
    private bool WantsPlanes => Layout is { } measured ? is_grad_enabled() ? measured.GradientPlanes : measured.EvaluationPlanes
        : _device.type == DeviceType.CUDA && !is_grad_enabled() && !backends.cudnn.allow_tf32;

    private Tensor Normalise(Tensor raw)
        => _scale is null ? raw : raw.to(float32).mul_(_scale).sub_(_shift!);

    // Raw values [batch, height, width, channels] or [batch, features], on the CPU.
    private Tensor ReadRaw(int[] indices)
    {
        var shape = _data.Items.ItemShape;
        var type = _data.Items.ElementType == ElementType.UInt8 ? ScalarType.Byte : ScalarType.Float32;
        var raw = empty([indices.Length, .. shape], type);
        var itemBytes = RecordReader.ItemBytes(_data.Items.ElementType, shape);
        var bytes = raw.bytes;
        for (var row = 0; row < indices.Length; row++)
        {
            _data.Items.Read(indices[row], bytes.Slice(row * itemBytes, itemBytes));
        }

        return _image ? raw.permute(0, 2, 3, 1).contiguous() : raw;
    }

    private static double[] PerChannel(double[]? given, int channels, double fallback)
        => given is null ? [.. Enumerable.Repeat(fallback, channels)]
            : given.Length == channels ? given
            : given.Length == 1 ? [.. Enumerable.Repeat(given[0], channels)]
            : throw new InputException($"The model's image_mean and image_std have {given.Length} entries, but the images have {channels} channels.");
}
