using Bif.Engine.Attribution;
using Bif.Engine.Runs;

namespace Bif.Engine.Evaluation;

/// <summary>
/// Measures how often the word of the corpus that is most related to a word of a query is a known partner of it, by the
/// correlation of their losses over a run's draws, and how often words of the same frequency would be.
/// </summary>
public static class PartnerMeasurement
{
    /// <summary>The loss in nats below which a model gives a word more than half of its probability.</summary>
    internal static readonly double ForeseenLoss = Math.Log(2);

    /// <summary>Measures over all words of all queries of a run.</summary>
    /// <param name="directory">A finished run with traced tokens.</param>
    /// <param name="partners">What is known about the words.</param>
    /// <param name="isPartial">Whether the common mode is removed.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="InputException">The run has no traces of tokens, or none of its queries' words has a partner in the corpus.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static PartnerRecord Run(RunDirectory directory, KnownPartners partners, bool isPartial, CancellationToken cancellation)
    {
        var run = RunTokens.Open(directory);
        var ranking = Ranking(run);
        var (words, places) = (new List<PartnerWord>(), new List<(string Kind, PartnerPlace Place)>());
        foreach (var (query, unit, span, word, present) in Asked(run, partners, ranking))
        {
            var strongest = ranking.Strongest(run.Related(query, unit, TextLevel.Word, TextLevel.Word, isPartial, cancellation).Correlation);
            var all = present.Select(partner => partner.Word).Distinct().ToList();
            if (ranking.Place(strongest, word, all, []) is not { } place)
            {
                continue;
            }

            var isNoiseFree = run.IsNoiseFree(query, unit, TextLevel.Word);
            words.Add(new(query, unit, word, run.LossOf(span), isNoiseFree, present.DistinctBy(each => each.Word).ToDictionary(each => each.Word, each => each.Kind), place));
            places.AddRange(present.GroupBy(partner => partner.Kind, partner => partner.Word)
                .Select(kind => (kind.Key, ranking.Place(strongest, word, [.. kind], [.. all.Except(kind)])!)));
        }

        return words.Count == 0
            ? throw new InputException("None of the words of the queries has a known partner in the corpus: give the pairs as they are written in the texts.")
            : new(
                directory.ReadRecord().Id,
                run.Draws,
                isPartial,
                Figure("all kinds", words.Select(word => word.Place), ranking)!,
                Figure("foreseen", words.Where(word => word.Loss < ForeseenLoss).Select(word => word.Place), ranking),
                [.. places.GroupBy(each => each.Kind, each => each.Place).OrderBy(kind => kind.Key, StringComparer.Ordinal).Select(kind => Figure(kind.Key, kind, ranking)!)],
                words);
    }

    /// <summary>The query tokens of all words that are asked about: those whose responses take the noise out of a measurement.</summary>
    /// <param name="directory">A finished run with traced tokens.</param>
    /// <param name="partners">What is known about the words.</param>
    /// <exception cref="InputException">The run has no traces of tokens.</exception>
    public static IReadOnlyList<int> TokensWithPartners(RunDirectory directory, KnownPartners partners)
    {
        var run = RunTokens.Open(directory);
        return [.. Asked(run, partners, Ranking(run)).SelectMany(each => Enumerable.Range(each.Span.First, each.Span.Count))];
    }

    private static WordRanking Ranking(RunTokens run) => new([.. run.Corpus(TextLevel.Word).Select(span => run.Tokens.InContext(span, run.Passages, 0).Text.Trim())]);

    // Words of queries that have a partner in the corpus.
    private static IEnumerable<(int Query, int Unit, TokenSpan Span, string Word, List<(string Word, string Kind)> Present)> Asked(
        RunTokens run, KnownPartners partners, WordRanking ranking)
    {
        var known = partners.ByWord();
        for (var query = 0; query < run.QueryPassages.Passages.Length; query++)
        {
            var spans = run.OfQuery(TextLevel.Word, query);
            for (var unit = 0; unit < spans.Count; unit++)
            {
                var word = run.QueryTokens.InContext(spans[unit], run.QueryPassages, 0).Text.Trim();
                var present = known.GetValueOrDefault(word)?.Where(partner => ranking.Contains(partner.Word)).ToList();
                if (present is { Count: > 0 })
                {
                    yield return (query, unit, spans[unit], word, present);
                }
            }
        }
    }

    private static PartnerFigure? Figure(string kind, IEnumerable<PartnerPlace> places, WordRanking ranking)
    {
        var of = places.ToList();
        if (of.Count == 0)
        {
            return null;
        }

        return new(
            kind,
            of.Count,
            of.Average(place => place.Rank == 1 ? 1.0 : 0),
            of.Average(place => 1.0 / place.Rank),
            WordRanking.Median(of.Select(place => (double)place.Rank)),
            ranking.Count,
            of.Average(place => place.ChanceTop),
            of.Average(place => place.ChanceReciprocalRank),
            WordRanking.Median(of.Select(place => place.ChanceRank)));
    }
}
