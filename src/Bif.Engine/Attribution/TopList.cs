namespace Bif.Engine.Attribution;

/// <summary>The k largest values seen, with their items.</summary>
internal sealed class TopList(int capacity)
{
    private readonly List<(float Value, int Item)> _entries = [];

    /// <summary>The items, largest value first.</summary>
    public IEnumerable<int> Items => _entries.Select(entry => entry.Item);

    /// <summary>The largest value; −∞ if none was offered.</summary>
    public float Best => _entries.Count > 0 ? _entries[0].Value : float.NegativeInfinity;

    /// <summary>Considers values of consecutive items.</summary>
    public void Offer(ReadOnlySpan<float> values, int firstItem)
    {
        for (var index = 0; index < values.Length; index++)
        {
            if (_entries.Count < capacity || values[index] > _entries[^1].Value)
            {
                Insert(values[index], firstItem + index);
            }
        }
    }

    private void Insert(float value, int item)
    {
        var place = _entries.FindIndex(entry => value > entry.Value);
        _entries.Insert(place < 0 ? _entries.Count : place, (value, item));
        if (_entries.Count > capacity)
        {
            _entries.RemoveAt(capacity);
        }
    }
}
