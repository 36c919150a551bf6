using System.Collections;
using System.Runtime.InteropServices;

namespace TorchSharp.Utils;

/// <summary>The elements of a tensor as values of type T, in row-major order; a copy where the tensor lies elsewhere.</summary>
public sealed class TensorAccessor<T> : IDisposable, IEnumerable<T> where T : unmanaged
{
    private readonly torch.Tensor _tensor;

    internal TensorAccessor(torch.Tensor tensor)
    {
        using var scope = torch.NewDisposeScope();
        _tensor = tensor.detach().cpu().contiguous().DetachFromDisposeScope();
    }

    /// <summary>Number of elements.</summary>
    public long Count => _tensor.numel();

    /// <summary>One element of the flattened tensor.</summary>
    public T this[long index] => MemoryMarshal.Cast<byte, T>(_tensor.bytes)[checked((int)index)];

    /// <summary>All elements.</summary>
    public T[] ToArray() => MemoryMarshal.Cast<byte, T>(_tensor.bytes).ToArray();

    /// <summary>Copies all elements.</summary>
    public void CopyTo(Span<T> array, int arrayIndex = 0, long tensorIndex = 0)
        => MemoryMarshal.Cast<byte, T>(_tensor.bytes)[checked((int)tensorIndex)..].CopyTo(array[arrayIndex..]);

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)ToArray()).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public void Dispose() => _tensor.Dispose();
}
