using Bif.Engine.Attribution;

namespace Bif.Engine.Runs;

/// <summary>Keeps the series of passages that were looked at lately, within a bound of memory. Safe to use from several threads.</summary>
/// <param name="mostBytes">The bound; the last one stays in any case.</param>
internal sealed class SeriesCache(long mostBytes)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(bool, TextLevel, int), LinkedListNode<((bool, TextLevel, int) Key, SpanSeries Series)>> _known = [];
    private readonly LinkedList<((bool, TextLevel, int) Key, SpanSeries Series)> _byUse = [];
    private long _bytes;

    /// <summary>A series that is kept, or the one that is read and then kept.</summary>
    public SpanSeries Get(bool isQuery, TextLevel level, int item, Func<SpanSeries> read)
    {
        var key = (isQuery, level, item);
        lock (_gate)
        {
            if (_known.TryGetValue(key, out var node))
            {
                _byUse.Remove(node);
                _byUse.AddFirst(node);
                return node.Value.Series;
            }
        }

        var series = read();
        lock (_gate)
        {
            if (!_known.ContainsKey(key))
            {
                _known[key] = _byUse.AddFirst((key, series));
                _bytes += series.Bytes;
                while (_bytes > mostBytes && _byUse.Count > 1)
                {
                    var last = _byUse.Last!.Value;
                    _byUse.RemoveLast();
                    _known.Remove(last.Key);
                    _bytes -= last.Series.Bytes;
                }
            }
        }

        return series;
    }
}
