using System.Collections.Concurrent;
using System.Text;

namespace Bif.Engine.Tokenizers;

/// <summary>
/// Byte pair encoding (Sennrich et al. 2016, arXiv 1508.07909): a word begins as single bytes or characters, and the
/// neighbouring pair of the lowest rank is merged, the leftmost first, until no pair has a rank. Words seen before come
/// from a cache. Safe to call from several threads.
/// </summary>
internal sealed class BpeModel
{
    private const int LongestCached = 48;
    private const int MostCached = 1 << 17;
    private readonly Vocabulary _vocabulary;
    private readonly BpeMerger _merger;
    private readonly int[] _bytes;
    private readonly ConcurrentDictionary<string, WordToken[]> _cache = new(StringComparer.Ordinal);
    private int _cached;

    public BpeModel(Vocabulary vocabulary)
    {
        _vocabulary = vocabulary;
        _merger = new BpeMerger(vocabulary.Merges);
        _bytes = [.. Enumerable.Range(0, 256).Select(value => vocabulary.Ids.GetValueOrDefault(
            vocabulary.ByteLevel ? ByteAlphabet.Character((byte)value).ToString() : $"<0x{value:X2}>", -1))];
    }

    /// <summary>The tokens of a word.</summary>
    public WordToken[] Tokenize(ReadOnlySpan<char> word)
    {
        if (word.Length > LongestCached)
        {
            return Merge(word);
        }

        var lookup = _cache.GetAlternateLookup<ReadOnlySpan<char>>();
        if (lookup.TryGetValue(word, out var known))
        {
            return known;
        }

        var tokens = Merge(word);
        if (_cached < MostCached && lookup.TryAdd(word, tokens))
        {
            Interlocked.Increment(ref _cached);
        }

        return tokens;
    }

    private WordToken[] Merge(ReadOnlySpan<char> word)
    {
        if (_vocabulary.IgnoresMerges && Whole(word) is { } id)
        {
            return [new WordToken(id, 0, word.Length)];
        }

        var symbols = _vocabulary.ByteLevel ? Bytes(word) : Characters(word);
        return _merger.Merge(symbols);
    }

    private int? Whole(ReadOnlySpan<char> word)
    {
        var written = word.ToString();
        if (_vocabulary.ByteLevel)
        {
            written = string.Concat(Encoding.UTF8.GetBytes(written).Select(ByteAlphabet.Character));
        }

        return _vocabulary.Ids.TryGetValue(written, out var id) ? id : null;
    }

    private List<WordToken> Bytes(ReadOnlySpan<char> word)
    {
        var symbols = new List<WordToken>(word.Length + 8);
        Span<byte> utf8 = stackalloc byte[4];
        var at = 0;
        foreach (var rune in word.EnumerateRunes())
        {
            var end = at + rune.Utf16SequenceLength;
            foreach (var value in utf8[..rune.EncodeToUtf8(utf8)])
            {
                if ((_bytes[value] >= 0 ? _bytes[value] : _vocabulary.Unknown) is { } id)
                {
                    symbols.Add(new WordToken(id, at, end));
                }
            }

            at = end;
        }

        return symbols;
    }

    private List<WordToken> Characters(ReadOnlySpan<char> word)
    {
        var symbols = new List<WordToken>(word.Length);
        Span<byte> utf8 = stackalloc byte[4];
        WordToken? unknown = null;
        var at = 0;
        foreach (var rune in word.EnumerateRunes())
        {
            var end = at + rune.Utf16SequenceLength;
            var bytes = utf8[..rune.EncodeToUtf8(utf8)];
            if (_vocabulary.Ids.TryGetValue(rune.ToString(), out var id))
            {
                Flush(symbols, ref unknown);
                symbols.Add(new WordToken(id, at, end));
            }
            else if (_vocabulary.ByteFallback && HasAll(bytes))
            {
                foreach (var value in bytes)
                {
                    symbols.Add(new WordToken(_bytes[value], at, end));
                }
            }
            else if (_vocabulary.Unknown is { } missing)
            {
                if (unknown is { } before && _vocabulary.FusesUnknown)
                {
                    unknown = before with { End = end };
                }
                else
                {
                    Flush(symbols, ref unknown);
                    unknown = new WordToken(missing, at, end);
                }
            }

            at = end;
        }

        Flush(symbols, ref unknown);
        return symbols;
    }

    private bool HasAll(ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            if (_bytes[value] < 0)
            {
                return false;
            }
        }

        return true;
    }

    private static void Flush(List<WordToken> symbols, ref WordToken? unknown)
    {
        if (unknown is { } token)
        {
            symbols.Add(token);
            unknown = null;
        }
    }
}
