namespace Bif.Engine.Runs;

/// <summary>Keeps the few values that were used last. Safe to use from several threads; a value may be made twice.</summary>
/// <param name="most">How many.</param>
public sealed class RecentlyUsed<TKey, TValue>(int most)
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly List<(TKey Key, TValue Value)> _values = [];

    /// <summary>A value that is kept; false if it is not.</summary>
    public bool TryGet(TKey key, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out TValue value)
    {
        lock (_gate)
        {
            var index = _values.FindIndex(each => EqualityComparer<TKey>.Default.Equals(each.Key, key));
            if (index < 0)
            {
                value = default;
                return false;
            }

            var found = _values[index];
            _values.RemoveAt(index);
            _values.Insert(0, found);
            value = found.Value;
            return true;
        }
    }

    /// <summary>Keeps a value, in place of the one that was not used for longest.</summary>
    public void Put(TKey key, TValue value)
    {
        lock (_gate)
        {
            _values.RemoveAll(each => EqualityComparer<TKey>.Default.Equals(each.Key, key));
            _values.Insert(0, (key, value));
            if (_values.Count > most)
            {
                _values.RemoveAt(most);
            }
        }
    }
}
