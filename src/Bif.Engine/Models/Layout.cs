namespace Bif.Engine.Models;

/// <summary>How a tensor gets its value when a model is trained from scratch.</summary>
public enum Initialization
{
    /// <summary>All zeros.</summary>
    Zeros,

    /// <summary>All ones.</summary>
    Ones,

    /// <summary>Kaiming normal with gain √2 and fan-in (convolutions before a ReLU).</summary>
    KaimingNormal,

    /// <summary>Uniform in ±1/√fan_in, PyTorch's default for linear layers and biases.</summary>
    UniformFanIn,

    /// <summary>Normal with deviation 0.02/√fan_in, fan_in being the number of residual additions (language models).</summary>
    SmallNormal,
}

/// <summary>A learned tensor and its place in the flat parameter vector.</summary>
/// <param name="Name">The name in checkpoints.</param>
/// <param name="Shape">The shape.</param>
/// <param name="Offset">The first element's index in the flat vector of all parameters.</param>
/// <param name="Length">The number of elements.</param>
/// <param name="Initialization">How training from scratch fills it.</param>
/// <param name="FanIn">Inputs per output, for the initialisation.</param>
public sealed record ParameterSpec(
    string Name, long[] Shape, long Offset, long Length, Initialization Initialization, long FanIn);

/// <summary>A tensor that is part of the checkpoint but not learned by gradients (running statistics).</summary>
/// <param name="Name">The name in checkpoints.</param>
/// <param name="Shape">The shape; empty for a scalar.</param>
/// <param name="Initialization">The value before training.</param>
/// <param name="Optional">Whether a checkpoint may leave it out (counters).</param>
public sealed record BufferSpec(string Name, long[] Shape, Initialization Initialization, bool Optional = false);

/// <summary>
/// All tensors of an architecture: parameters in the order of the flat vector w [P], and buffers.
/// </summary>
public sealed class Layout(IReadOnlyList<ParameterSpec> parameters, IReadOnlyList<BufferSpec> buffers)
{
    /// <summary>The learned tensors, in the order of the flat vector.</summary>
    public IReadOnlyList<ParameterSpec> Parameters { get; } = parameters;

    /// <summary>The tensors that are frozen while sampling.</summary>
    public IReadOnlyList<BufferSpec> Buffers { get; } = buffers;

    /// <summary>P, the length of the flat vector.</summary>
    public long ParameterCount { get; } = parameters.Sum(parameter => parameter.Length);
}
