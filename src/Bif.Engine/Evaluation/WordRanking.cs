namespace Bif.Engine.Evaluation;

/// <summary>Where the partners of an asked word stand among the other words of the corpus.</summary>
/// <param name="Rank">From 1: one more than the other words that are related at least as strongly as the best partner.</param>
/// <param name="Top">The most related word.</param>
/// <param name="TopScore">How strongly.</param>
/// <param name="Partner">The most related partner.</param>
/// <param name="PartnerScore">How strongly.</param>
/// <param name="ChanceTop">Share of sets of words as frequent as the partners that would be at rank 1 in their place.</param>
/// <param name="ChanceReciprocalRank">Mean of 1/rank of these sets.</param>
/// <param name="ChanceRank">Median rank of these sets.</param>
public sealed record PartnerPlace(
    int Rank, string Top, float TopScore, string Partner, float PartnerScore, double ChanceTop, double ChanceReciprocalRank, double ChanceRank);

/// <summary>
/// The words of a corpus, each with all places where it stands. A word is as strongly related as the place of it that is
/// related most strongly; the asked word itself is left out, wherever it stands.
/// </summary>
public sealed class WordRanking
{
    // Sets of like frequency that chance is averaged over.
    private const int Decoys = 20;
    private readonly int[] _wordOf;
    private readonly string[] _words;
    private readonly int[] _counts;
    private readonly Dictionary<string, int> _index = new(StringComparer.Ordinal);

    /// <summary>Counts the words.</summary>
    /// <param name="places">The word at each place.</param>
    public WordRanking(IReadOnlyList<string> places)
    {
        _wordOf = [.. places.Select(word =>
        {
            _index.TryAdd(word, _index.Count);
            return _index[word];
        })];
        _words = [.. _index.OrderBy(entry => entry.Value).Select(entry => entry.Key)];
        _counts = new int[_words.Length];
        Array.ForEach(_wordOf, word => _counts[word]++);
    }

    /// <summary>Number of different words.</summary>
    public int Count => _words.Length;

    /// <summary>Whether a word stands anywhere.</summary>
    public bool Contains(string word) => _index.ContainsKey(word);

    /// <summary>How strongly each word is related, by its strongest place.</summary>
    /// <param name="scores">A score for each place.</param>
    public float[] Strongest(ReadOnlySpan<float> scores)
    {
        var strongest = new float[_words.Length];
        Array.Fill(strongest, float.NegativeInfinity);
        for (var place = 0; place < _wordOf.Length; place++)
        {
            strongest[_wordOf[place]] = Math.Max(strongest[_wordOf[place]], scores[place]);
        }

        return strongest;
    }

    /// <summary>Ranks the words for an asked one.</summary>
    /// <param name="strongest">How strongly each is related, from <see cref="Strongest"/>.</param>
    /// <param name="asked">The word that is asked about.</param>
    /// <param name="partners">Its partners; those that stand nowhere count for nothing.</param>
    /// <param name="leftOut">Words that take no part, such as partners of another kind.</param>
    /// <returns>Null where no partner stands anywhere.</returns>
    public PartnerPlace? Place(float[] strongest, string asked, IReadOnlyCollection<string> partners, IReadOnlyCollection<string> leftOut)
    {
        var wanted = Known(partners);
        var others = Enumerable.Range(0, _words.Length).Except(Known([asked, .. leftOut])).Except(wanted).ToArray();
        if (wanted.Count == 0 || others.Length == 0)
        {
            return null;
        }

        var best = wanted.MaxBy(word => strongest[word]);
        var rank = 1 + others.Count(word => strongest[word] >= strongest[best]);
        var top = rank == 1 ? best : others.MaxBy(word => strongest[word]);
        var chance = Chance(strongest, wanted, others);
        return new(
            rank, _words[top], strongest[top], _words[best], strongest[best],
            chance.Average(each => each == 1 ? 1.0 : 0), chance.Average(each => 1.0 / each), Median(chance));
    }

    /// <summary>The median of some ranks.</summary>
    internal static double Median(IEnumerable<double> ranks)
    {
        var sorted = ranks.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    // The true partners are put aside, and words of like frequency take their place, a set after the other: the rank of each set.
    private double[] Chance(float[] strongest, HashSet<int> wanted, int[] others)
    {
        var closest = wanted.Select(partner => new Queue<int>(others.OrderBy(word => Math.Abs(_counts[word] - _counts[partner])).ThenBy(word => word))).ToArray();
        var (ranks, used) = (new double[Math.Max(1, Math.Min(Decoys, others.Length / wanted.Count))], new HashSet<int>());
        for (var set = 0; set < ranks.Length; set++)
        {
            var chosen = new HashSet<int>();
            foreach (var queue in closest)
            {
                while (queue.TryDequeue(out var word))
                {
                    if (used.Add(word))
                    {
                        chosen.Add(word);
                        break;
                    }
                }
            }

            var best = chosen.Max(word => strongest[word]);
            ranks[set] = 1 + others.Count(word => strongest[word] >= best && !chosen.Contains(word));
        }

        return ranks;
    }

    private HashSet<int> Known(IEnumerable<string> words) => [.. words.Where(_index.ContainsKey).Select(word => _index[word])];
}
