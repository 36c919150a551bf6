using System.Text;
using Bif.Engine.Tokenizers.PreTokenizers;

namespace Bif.Engine.Tokenizers.Training;

/// <summary>
/// Learns byte-level BPE merges from a corpus: again and again the most frequent neighbouring pair within words becomes a
/// token (Sennrich et al. 2016, arXiv 1508.07909). Ties go to the pair that was made first, so that the result follows from
/// the corpus alone.
/// </summary>
internal sealed class BpeTrainer
{
    private readonly List<string> _tokens = [.. Enumerable.Range(0, 256).Select(value => ByteAlphabet.Character((byte)value).ToString())];
    private readonly List<(int[] Symbols, long Count)> _words = [];
    private readonly Dictionary<(int Left, int Right), long> _counts = [];
    private readonly Dictionary<(int Left, int Right), HashSet<int>> _places = [];

    private BpeTrainer(IEnumerable<string> documents)
    {
        foreach (var (word, count) in Words(documents))
        {
            _words.Add(([.. Encoding.UTF8.GetBytes(word).Select(value => (int)value)], count));
            Count(_words.Count - 1, 1);
        }
    }

    /// <summary>The tokens in the order of their ids (the 256 bytes first) and the merges in order.</summary>
    /// <param name="documents">The corpus.</param>
    /// <param name="size">Tokens wanted, at least 256; fewer come back where no pair occurs twice.</param>
    public static (IReadOnlyList<string> Tokens, IReadOnlyList<(string Left, string Right)> Merges) Train(IEnumerable<string> documents, int size)
    {
        var trainer = new BpeTrainer(documents);
        var merges = new List<(string, string)>();
        while (trainer._tokens.Count < size && trainer.MostFrequent() is { } pair)
        {
            merges.Add((trainer._tokens[pair.Left], trainer._tokens[pair.Right]));
            trainer._tokens.Add(trainer._tokens[pair.Left] + trainer._tokens[pair.Right]);
            trainer.Merge(pair, trainer._tokens.Count - 1);
        }

        return (trainer._tokens, merges);
    }

    private static Dictionary<string, long> Words(IEnumerable<string> documents)
    {
        var split = new ByteLevelSplit(addsSpace: false, cuts: true);
        var words = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var piece in documents.SelectMany(document => split.Split(new AlignedText(document, 0).Whole)))
        {
            var word = piece.Span.ToString();
            words[word] = words.GetValueOrDefault(word) + 1;
        }

        return words;
    }

    private (int Left, int Right)? MostFrequent()
    {
        (int Left, int Right)? best = null;
        var most = 1L;
        foreach (var (pair, count) in _counts)
        {
            if (count > most || (count == most && best is { } found && pair.CompareTo(found) < 0))
            {
                (best, most) = (pair, count);
            }
        }

        return best;
    }

    private void Merge((int Left, int Right) pair, int merged)
    {
        foreach (var place in _places[pair].ToArray())
        {
            Count(place, -1);
            var (symbols, count) = _words[place];
            var joined = new List<int>(symbols.Length);
            for (var at = 0; at < symbols.Length; at++)
            {
                var both = at + 1 < symbols.Length && symbols[at] == pair.Left && symbols[at + 1] == pair.Right;
                joined.Add(both ? merged : symbols[at]);
                at += both ? 1 : 0;
            }

            _words[place] = ([.. joined], count);
            Count(place, 1);
        }
    }

    // Adds (+1) or takes away (−1) the pairs of a word.
    private void Count(int place, int sign)
    {
        var (symbols, count) = _words[place];
        for (var at = 0; at + 1 < symbols.Length; at++)
        {
            var pair = (symbols[at], symbols[at + 1]);
            var left = _counts[pair] = _counts.GetValueOrDefault(pair) + (sign * count);
            if (sign > 0)
            {
                (_places.TryGetValue(pair, out var places) ? places : _places[pair] = []).Add(place);
            }
            else
            {
                _places[pair].Remove(place);
                if (left == 0)
                {
                    _counts.Remove(pair);
                    _places.Remove(pair);
                }
            }
        }
    }
}
