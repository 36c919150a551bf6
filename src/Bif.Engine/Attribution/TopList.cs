using System.Numerics.Tensors;

namespace Bif.Engine.Attribution;

/// <summary>The k largest values seen with their items, ties to the lower index, whatever the order they come in.</summary>
internal sealed class TopList(int capacity)
{
    private readonly List<(float Value, int Item)> _entries = new(capacity + 1);

    /// <summary>The items, largest value first.</summary>
    public IReadOnlyList<int> Items => [.. _entries.Select(entry => entry.Item)];

    /// <summary>Considers values of consecutive items.</summary>
    public void Offer(ReadOnlySpan<float> values, int firstItem)
    {
        var least = _entries.Count < capacity ? float.NegativeInfinity : _entries[^1].Value;
        if (TensorPrimitives.Max(values) < least)
        {
            return;
        }

        for (var index = 0; index < values.Length; index++)
        {
            if (values[index] >= least)
            {
                Insert((values[index], firstItem + index));
                least = _entries.Count < capacity ? float.NegativeInfinity : _entries[^1].Value;
            }
        }
    }

    private void Insert((float Value, int Item) entry)
    {
        var place = _entries.Count;
        while (place > 0 && Precedes(entry, _entries[place - 1]))
        {
            place--;
        }

        _entries.Insert(place, entry);
        if (_entries.Count > capacity)
        {
            _entries.RemoveAt(capacity);
        }
    }

    private static bool Precedes((float Value, int Item) entry, (float Value, int Item) other)
        => entry.Value > other.Value || (entry.Value == other.Value && entry.Item < other.Item);
}
