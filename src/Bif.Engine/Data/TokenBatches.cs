using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Bif.Engine.Data;

/// <summary>Batches of tokens, each as wide as its longest item; what lies beyond an item has no target.</summary>
internal sealed class TokenBatches : IDisposable
{
    private const long KeptLimit = 256L << 20;
    private readonly TextItems _text;
    private readonly Device _device;
    private readonly ConcurrentDictionary<(int Start, int Count), Lazy<Batch>> _kept = [];

    public TokenBatches(TextItems text, Device device)
    {
        (_text, _device) = (text, device);
        LongestFirst = [.. Enumerable.Range(0, text.Count).OrderByDescending(text.Length)];
        KeepsPasses = device.type == DeviceType.CPU || Enumerable.Range(0, text.Count).Sum(item => 2L * sizeof(long) * text.Length(item)) <= KeptLimit;
    }

    /// <summary>Whether the batches of passes stay where they are used: on a device other than the host, where that is small enough.</summary>
    public bool KeepsPasses { get; }

    /// <summary>The items by falling length: neighbours need little padding, and the first batch is the largest.</summary>
    public int[] LongestFirst { get; }

    /// <summary>A stretch of a pass in the order of <see cref="LongestFirst"/>.</summary>
    public Batch Pass(int start, int count)
    {
        if (_device.type == DeviceType.CPU || !KeepsPasses)
        {
            return Gather(LongestFirst.AsSpan(start, count));
        }

        return _kept.GetOrAdd((start, count), _ => new(() =>
        {
            using var scope = NewDisposeScope();
            using var noInference = inference_mode(false);
            var batch = OnHost(LongestFirst.AsSpan(start, count));

            // Waits until they are there: other threads use them on queues of their own.
            return new(batch.Inputs.to(_device).DetachFromDisposeScope(), batch.Targets.to(_device).DetachFromDisposeScope());
        })).Value;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var batch in _kept.Values)
        {
            batch.Value.Inputs.Dispose();
            batch.Value.Targets.Dispose();
        }

        _kept.Clear();
    }

    /// <summary>Tokens [batch, longest − 1] and the token after each, −1 where there is none.</summary>
    public Batch Gather(ReadOnlySpan<int> items)
    {
        var batch = OnHost(items);
        return new(batch.Inputs.On(_device), batch.Targets.On(_device));
    }

    private Batch OnHost(ReadOnlySpan<int> items)
    {
        var width = 1;
        foreach (var item in items)
        {
            width = Math.Max(width, _text.Length(item) - 1);
        }

        var inputs = zeros([items.Length, width], int64);
        var targets = full([items.Length, width], -1, int64);
        var inputRows = MemoryMarshal.Cast<byte, long>(inputs.bytes);
        var targetRows = MemoryMarshal.Cast<byte, long>(targets.bytes);
        for (var row = 0; row < items.Length; row++)
        {
            var tokens = _text.Tokens(items[row]);
            for (var at = 0; at + 1 < tokens.Length; at++)
            {
                inputRows[(row * width) + at] = tokens[at];
                targetRows[(row * width) + at] = tokens[at + 1];
            }
        }

        return new Batch(inputs, targets);
    }
}
