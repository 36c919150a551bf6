namespace Bif.Engine.Retraining;

/// <summary>
/// The order of some values, from which ranks follow in one pass, also of samples in which values occur several times or
/// not at all. Ties share the mean of their ranks.
/// </summary>
internal sealed class RankOrder
{
    private readonly int[] _group;

    /// <summary>Sorts once.</summary>
    /// <param name="values">Numbers; none is NaN.</param>
    public RankOrder(ReadOnlySpan<double> values)
    {
        var sorted = values.ToArray();
        var order = Enumerable.Range(0, values.Length).ToArray();
        Array.Sort(sorted, order);
        _group = new int[values.Length];
        for (var position = 1; position < order.Length; position++)
        {
            _group[order[position]] = _group[order[position - 1]] + (sorted[position] > sorted[position - 1] ? 1 : 0);
        }

        Groups = order.Length == 0 ? 0 : _group[order[^1]] + 1;
    }

    /// <summary>Number of different values.</summary>
    public int Groups { get; }

    /// <summary>Ranks from 1 of the sample in which value s occurs <c>times[s]</c> times.</summary>
    /// <param name="times">How often each value occurs.</param>
    /// <param name="ranks">Receives a rank for each value.</param>
    public void Ranks(ReadOnlySpan<int> times, Span<double> ranks)
    {
        Span<int> size = Groups <= 512 ? stackalloc int[Groups] : new int[Groups];
        size.Clear();
        for (var index = 0; index < _group.Length; index++)
        {
            size[_group[index]] += times[index];
        }

        Span<double> rank = Groups <= 512 ? stackalloc double[Groups] : new double[Groups];
        var below = 0;
        for (var group = 0; group < Groups; group++)
        {
            rank[group] = below + ((size[group] + 1) / 2.0);
            below += size[group];
        }

        for (var index = 0; index < _group.Length; index++)
        {
            ranks[index] = rank[_group[index]];
        }
    }
}
