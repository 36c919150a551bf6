namespace Bif.Engine.Models.Layers;

/// <summary>
/// Collects the tensors of an architecture while its constructor declares its layers, as a PyTorch module does.
/// The order of declaration is the order of the flat parameter vector.
/// </summary>
public sealed partial class LayerList
{
    // A tensor of 2^40 numbers is no model but a mistake, and its size must not overflow.
    private const double MostElements = 1L << 40;

    // The deepest networks have some thousand tensors; millions would take forever to list.
    private const int MostTensors = 1 << 17;

    private readonly List<ParameterSpec> _parameters = [];
    private readonly List<BufferSpec> _buffers = [];
    private long _length;

    /// <summary>Declares <c>name.weight</c> [outputs, inputs] and, if asked, <c>name.bias</c> [outputs].</summary>
    public Linear Linear(string name, long inputs, long outputs, bool bias = true) => new(
        Parameter($"{name}.weight", [outputs, inputs], Initialization.UniformFanIn, inputs),
        bias ? Parameter($"{name}.bias", [outputs], Initialization.UniformFanIn, inputs) : null);

    /// <summary>Declares a 2-d convolution: <c>name.weight</c> [outputs, inputs, kernel, kernel] and, if asked, a bias.</summary>
    public Conv2d Conv2d(
        string name, long inputs, long outputs, long kernel, long stride = 1, long padding = 0, bool bias = true)
    {
        var fanIn = inputs * kernel * kernel;
        return new(
            Parameter($"{name}.weight", [outputs, inputs, kernel, kernel], Initialization.KaimingNormal, fanIn),
            bias ? Parameter($"{name}.bias", [outputs], Initialization.Zeros, fanIn) : null,
            stride,
            padding);
    }

    /// <summary>Declares batch normalisation over [batch, channels, height, width] with PyTorch's tensor names.</summary>
    public BatchNorm2d BatchNorm2d(string name, long channels, double epsilon = 1e-5, double momentum = 0.1)
    {
        var weight = Parameter($"{name}.weight", [channels], Initialization.Ones, channels);
        var bias = Parameter($"{name}.bias", [channels], Initialization.Zeros, channels);
        var mean = Buffer($"{name}.running_mean", [channels], Initialization.Zeros);
        var variance = Buffer($"{name}.running_var", [channels], Initialization.Ones);
        Buffer($"{name}.num_batches_tracked", [], Initialization.Zeros, optional: true);
        return new(weight, bias, mean, variance, epsilon, momentum);
    }

    /// <summary>Declares one learned tensor; returns its index in <see cref="Layout.Parameters"/>.</summary>
    public int Parameter(string name, long[] shape, Initialization initialization, long fanIn)
    {
        var length = shape.Aggregate(1.0, (product, size) => product * size);
        if (shape.Any(size => size <= 0) || length > MostElements)
        {
            throw new InputException($"The tensor {name} would have the shape [{string.Join(", ", shape)}]: mend the sizes in config.json.");
        }

        if (_parameters.Count == MostTensors)
        {
            throw new InputException($"The model would have more than {MostTensors:N0} tensors: mend the number of layers in config.json.");
        }

        _parameters.Add(new ParameterSpec(name, shape, _length, (long)length, initialization, fanIn));
        _length += (long)length;
        return _parameters.Count - 1;
    }

    /// <summary>Declares one frozen tensor; returns its index in <see cref="Layout.Buffers"/>.</summary>
    public int Buffer(string name, long[] shape, Initialization initialization, bool optional = false)
    {
        _buffers.Add(new BufferSpec(name, shape, initialization, optional));
        return _buffers.Count - 1;
    }

    /// <summary>Everything declared so far.</summary>
    public Layout ToLayout() => new([.. _parameters], [.. _buffers]);
}
