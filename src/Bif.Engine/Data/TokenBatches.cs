using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Bif.Engine.Data;

/// <summary>Batches of tokens, each as wide as its longest item; what lies beyond an item has no target.</summary>
internal sealed class TokenBatches
{
    private readonly TextItems _text;
    private readonly Device _device;

    public TokenBatches(TextItems text, Device device)
    {
        (_text, _device) = (text, device);
        LongestFirst = [.. Enumerable.Range(0, text.Count).OrderByDescending(text.Length)];
    }

    /// <summary>The items by falling length: neighbours need little padding, and the first batch is the largest.</summary>
    public int[] LongestFirst { get; }

    /// <summary>Tokens [batch, longest − 1] and the token after each, −1 where there is none.</summary>
    public Batch Gather(ReadOnlySpan<int> items)
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

        return new Batch(inputs.On(_device), targets.On(_device));
    }
}
