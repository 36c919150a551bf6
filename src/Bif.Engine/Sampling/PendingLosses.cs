using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Bif.Engine.Sampling;

/// <summary>
/// Losses on their way from the device to the host. On a GPU to read one is to wait for everything that was queued before it:
/// there they are read together, when enough have come or somebody wants them. On the CPU they are read at once. What reads
/// them does so in the order in which they were added.
/// </summary>
internal sealed class PendingLosses : IDisposable
{
    // Small tensors, but each keeps a block of the device's allocator.
    private const int MostWaiting = 256;
    private const long MostElements = 16 << 20;
    private readonly List<(Tensor? Values, Reader Read)> _waiting = [];
    private long _elements;

    /// <summary>Takes values in the order in which they lie in memory.</summary>
    public delegate void Reader(ReadOnlySpan<float> values);

    /// <summary>Has float32 values read; what they are made of may change after that.</summary>
    public void Add(Tensor values, Reader read)
    {
        if (values.device_type == DeviceType.CPU)
        {
            read(MemoryMarshal.Cast<byte, float>(values.detach().contiguous().bytes));
            return;
        }

        _waiting.Add((values.detach().reshape(-1).DetachFromDisposeScope(), read));
        _elements += values.numel();
        if (_waiting.Count >= MostWaiting || _elements >= MostElements)
        {
            Flush();
        }
    }

    /// <summary>Does something once all that was added before has been read.</summary>
    public void Then(Action act)
    {
        if (_waiting.Count == 0)
        {
            act();
        }
        else
        {
            _waiting.Add((null, _ => act()));
        }
    }

    /// <summary>Reads what is waiting.</summary>
    public void Flush()
    {
        if (_waiting.Count == 0)
        {
            return;
        }

        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var waiting = _waiting.ToArray();
        _waiting.Clear();
        _elements = 0;
        var read = cat([.. waiting.Where(each => each.Values is not null).Select(each => each.Values!)]).cpu();
        var values = MemoryMarshal.Cast<byte, float>(read.bytes);
        foreach (var (tensor, reader) in waiting)
        {
            var count = (int)(tensor?.numel() ?? 0);
            tensor?.Dispose();
            reader(values[..count]);
            values = values[count..];
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _waiting.ForEach(each => each.Values?.Dispose());
}
