using System.Runtime.InteropServices;
using Bif.Engine.Data;
using Bif.Kernels;
using static TorchSharp.torch;

namespace Bif.Engine.Checkpoints;

/// <summary>A PyTorch state dict, read by libtorch's restricted unpickler.</summary>
internal sealed class PickledTensors : ITensorSource
{
    private readonly IReadOnlyDictionary<string, Tensor> _tensors;
    private readonly HashSet<string> _floating;

    /// <summary>Reads a file.</summary>
    /// <exception cref="InputException">It is no state dict of plain tensors.</exception>
    public PickledTensors(string file)
    {
        RegularFile.Require(file);
        ZipChecksums.Require(file);
        using var scope = NewDisposeScope();
        try
        {
            var read = PickledStateDict.Read(file);
            if (read.FirstOrDefault(pair => pair.Value.dtype is ScalarType.ComplexFloat32 or ScalarType.ComplexFloat64) is { Key: { } name })
            {
                throw new InputException($"{file}: the tensor {name} is complex, and only real numbers are read.");
            }

            _floating = [.. read.Where(pair => pair.Value.is_floating_point()).Select(pair => pair.Key)];
            _tensors = read.ToDictionary(pair => pair.Key, pair => pair.Value.to(float32).contiguous().DetachFromDisposeScope());
        }
        catch (InvalidDataException error)
        {
            throw new InputException(error.Message, error);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Names => [.. _tensors.Keys];

    /// <inheritdoc/>
    public long[] Shape(string name) => _tensors[name].shape;

    /// <inheritdoc/>
    public bool IsFloatingPoint(string name) => _floating.Contains(name);

    /// <inheritdoc/>
    public void ReadFloat32(string name, Span<float> destination)
        => MemoryMarshal.Cast<byte, float>(_tensors[name].bytes).CopyTo(destination);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _tensors.Values)
        {
            tensor.Dispose();
        }
    }
}
