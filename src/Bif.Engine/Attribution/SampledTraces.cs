namespace Bif.Engine.Attribution;

/// <summary>Whole traces of a few evenly spaced items, kept for autocorrelations.</summary>
internal sealed class SampledTraces
{
    private readonly int[] _items;
    private readonly double[][][] _traces;

    /// <summary>Chooses the items.</summary>
    /// <param name="count">Number of items to choose from.</param>
    /// <param name="wanted">Number of items to keep at most.</param>
    /// <param name="drawsPerChain">Draws of each chain.</param>
    public SampledTraces(int count, int wanted, IReadOnlyList<int> drawsPerChain)
    {
        var taken = Math.Min(count, wanted);
        _items = [.. Enumerable.Range(0, taken).Select(index => (int)((long)index * count / taken))];
        _traces = [.. _items.Select(_ => drawsPerChain.Select(draws => new double[draws]).ToArray())];
    }

    /// <summary>The traces: [sampled item][chain][draw].</summary>
    public IReadOnlyList<double[][]> Traces => _traces;

    /// <summary>Takes what is sampled from the losses of consecutive items at one draw. Threads may bring different items.</summary>
    public void Take(int chain, int draw, int firstItem, ReadOnlySpan<float> losses)
    {
        var start = Array.BinarySearch(_items, firstItem);
        for (var index = start < 0 ? ~start : start; index < _items.Length && _items[index] - firstItem < losses.Length; index++)
        {
            _traces[index][chain][draw] = losses[_items[index] - firstItem];
        }
    }
}
