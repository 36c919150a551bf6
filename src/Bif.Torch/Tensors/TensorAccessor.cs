using System.Collections;

namespace TorchSharp.Utils;

/// <summary>The elements of a CPU tensor as values of type T, in row-major order whatever its strides.</summary>
public sealed unsafe class TensorAccessor<T> : IDisposable, IEnumerable<T> where T : unmanaged
{
    private readonly torch.Tensor _tensor;
    private readonly T* _data;
    private readonly long[] _shape;
    private readonly long[] _strides;
    private readonly bool _contiguous;

    internal TensorAccessor(torch.Tensor tensor)
    {
        _tensor = tensor;
        _data = tensor.Data<T>();
        _shape = tensor.shape;
        _strides = tensor.stride();
        _contiguous = tensor.is_contiguous();
        Count = tensor.numel();
    }

    /// <summary>Number of elements.</summary>
    public long Count { get; }

    /// <summary>Whether writing is refused: it is not.</summary>
    public bool IsReadOnly => false;

    /// <summary>One element: by its place in the flattened tensor, or by one index per dimension.</summary>
    public T this[params long[] indices]
    {
        get => _data[Offset(indices)];
        set => _data[Offset(indices)] = value;
    }

    /// <summary>All elements.</summary>
    public T[] ToArray()
    {
        var values = new T[Count];
        CopyTo(values.AsSpan());
        return values;
    }

    /// <summary>Copies elements from <paramref name="tensorIndex"/> on, as many as there are and fit.</summary>
    public void CopyTo(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyTo(array.AsSpan(), arrayIndex, tensorIndex);

    /// <inheritdoc cref="CopyTo(T[], int, long)"/>
    public void CopyTo(Span<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var target = array[arrayIndex..];
        var count = (int)Math.Min(target.Length, Count - tensorIndex);
        if (_contiguous)
        {
            new ReadOnlySpan<T>(_data + tensorIndex, count).CopyTo(target);
        }
        else
        {
            for (var index = 0; index < count; index++)
            {
                target[index] = _data[Offset(tensorIndex + index)];
            }
        }

        GC.KeepAlive(_tensor);
    }

    /// <summary>Overwrites elements from <paramref name="tensorIndex"/> on, as many as there are and fit.</summary>
    public void CopyFrom(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyFrom(array.AsSpan(), arrayIndex, tensorIndex);

    /// <inheritdoc cref="CopyFrom(T[], int, long)"/>
    public void CopyFrom(ReadOnlySpan<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var source = array[arrayIndex..];
        var count = (int)Math.Min(source.Length, Count - tensorIndex);
        for (var index = 0; index < count; index++)
        {
            _data[Offset(tensorIndex + index)] = source[index];
        }

        GC.KeepAlive(_tensor);
    }

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator()
    {
        for (var index = 0L; index < Count; index++)
        {
            yield return this[index];
        }
    }

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Nothing to release: the tensor belongs to the caller.</summary>
    public void Dispose()
    {
    }

    private long Offset(long[] indices)
    {
        if (indices.Length == 1)
        {
            return Offset(indices[0]);
        }

        if (indices.Length != _shape.Length)
        {
            throw new ArgumentException($"{indices.Length} indices were given for a tensor of {_shape.Length} dimensions.", nameof(indices));
        }

        var offset = 0L;
        for (var dimension = 0; dimension < indices.Length; dimension++)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)indices[dimension], (ulong)_shape[dimension], nameof(indices));
            offset += indices[dimension] * _strides[dimension];
        }

        return offset;
    }

    private long Offset(long index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)index, (ulong)Count, nameof(index));
        ObjectDisposedException.ThrowIf(_tensor.IsInvalid, _tensor);
        if (_contiguous)
        {
            return index;
        }

        var offset = 0L;
        for (var dimension = _shape.Length - 1; dimension >= 0; dimension--)
        {
            (index, var place) = Math.DivRem(index, _shape[dimension]);
            offset += place * _strides[dimension];
        }

        return offset;
    }
}
