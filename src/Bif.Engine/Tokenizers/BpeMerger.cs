namespace Bif.Engine.Tokenizers;

/// <summary>Merges a word's symbols: short words by scanning all pairs, long ones (whole documents) by a queue of pairs.</summary>
internal sealed class BpeMerger(IReadOnlyDictionary<long, (int Rank, int Id)> merges)
{
    private const int LongestScanned = 24;

    /// <summary>The merged symbols, each with the range of what it was merged from.</summary>
    public WordToken[] Merge(List<WordToken> symbols) => symbols.Count switch
    {
        < 2 => [.. symbols],
        <= LongestScanned => Scan(symbols),
        _ => Queue(symbols),
    };

    private WordToken[] Scan(List<WordToken> symbols)
    {
        var pairs = new (int Rank, int Id)[symbols.Count - 1];
        for (var index = 0; index < pairs.Length; index++)
        {
            pairs[index] = Find(symbols[index].Id, symbols[index + 1].Id);
        }

        var count = symbols.Count;
        while (count > 1)
        {
            var best = 0;
            for (var index = 1; index < count - 1; index++)
            {
                best = pairs[index].Rank < pairs[best].Rank ? index : best;
            }

            if (pairs[best].Rank == int.MaxValue)
            {
                break;
            }

            symbols[best] = new WordToken(pairs[best].Id, symbols[best].Start, symbols[best + 1].End);
            symbols.RemoveAt(best + 1);
            count--;
            pairs.AsSpan((best + 1)..).CopyTo(pairs.AsSpan(best));
            if (best > 0)
            {
                pairs[best - 1] = Find(symbols[best - 1].Id, symbols[best].Id);
            }

            if (best < count - 1)
            {
                pairs[best] = Find(symbols[best].Id, symbols[best + 1].Id);
            }
        }

        return [.. symbols];
    }

    // A linked list of symbols and a queue of pairs by (rank, place); pairs that changed since are recognised by their ids.
    private WordToken[] Queue(List<WordToken> symbols)
    {
        var tokens = symbols.ToArray();
        var next = new int[tokens.Length];
        var previous = new int[tokens.Length];
        var queue = new PriorityQueue<(int Place, int Left, int Right, int Id), long>();
        for (var place = 0; place < tokens.Length; place++)
        {
            (previous[place], next[place]) = (place - 1, place + 1);
            Enqueue(place, place + 1);
        }

        while (queue.TryDequeue(out var pair, out _))
        {
            var (place, right) = (pair.Place, next[pair.Place]);
            if (tokens[place].Id != pair.Left || right >= tokens.Length || tokens[right].Id != pair.Right)
            {
                continue;
            }

            tokens[place] = new WordToken(pair.Id, tokens[place].Start, tokens[right].End);
            tokens[right].Id = -1;
            next[place] = next[right];
            if (next[place] < tokens.Length)
            {
                previous[next[place]] = place;
            }

            Enqueue(previous[place], place);
            Enqueue(place, next[place]);
        }

        return [.. tokens.Where(token => token.Id >= 0)];

        void Enqueue(int left, int right)
        {
            if (left < 0 || right >= tokens.Length)
            {
                return;
            }

            var (rank, id) = Find(tokens[left].Id, tokens[right].Id);
            if (rank < int.MaxValue)
            {
                queue.Enqueue((left, tokens[left].Id, tokens[right].Id, id), ((long)rank << 32) | (uint)left);
            }
        }
    }

    private (int Rank, int Id) Find(int left, int right)
        => merges.TryGetValue(Vocabulary.Pair(left, right), out var merge) ? merge : (int.MaxValue, -1);
}
