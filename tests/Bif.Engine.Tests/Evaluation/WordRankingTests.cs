using Bif.Engine.Evaluation;
using Xunit;

namespace Bif.Engine.Tests.Evaluation;

public sealed class WordRankingTests
{
    // Each word stands twice; "le" four times.
    private static readonly string[] Places = ["dog", "chien", "cat", "chat", "fox", "le", "dog", "chien", "cat", "chat", "fox", "le", "le", "le"];

    [Fact]
    public void A_word_counts_by_its_strongest_place_and_the_asked_word_is_left_out()
    {
        var ranking = new WordRanking(Places);
        Assert.Equal(6, ranking.Count);
        var strongest = ranking.Strongest([0.9f, 0.1f, 0.2f, 0.0f, 0.3f, -0.5f, 1.0f, 0.4f, -1f, 0.1f, 0.35f, 0f, 0f, 0.1f]);
        var place = ranking.Place(strongest, "dog", ["chien"], [])!;
        Assert.Equal((1, "chien", 0.4f, "chien", 0.4f), (place.Rank, place.Top, place.TopScore, place.Partner, place.PartnerScore));
    }

    [Fact]
    public void The_rank_counts_the_other_words_that_come_before_and_equal_ones_with_them()
    {
        var ranking = new WordRanking(Places);
        var strongest = ranking.Strongest([1f, 0.2f, 0.5f, 0.2f, 0.6f, 0f, 1f, 0.1f, 0.4f, 0.1f, 0.3f, 0f, 0f, 0f]);
        var place = ranking.Place(strongest, "dog", ["chien"], [])!;

        // fox and cat are stronger, chat is as strong.
        Assert.Equal((4, "fox", 0.6f, "chien", 0.2f), (place.Rank, place.Top, place.TopScore, place.Partner, place.PartnerScore));
        Assert.Equal(3, ranking.Place(strongest, "dog", ["chien"], ["fox"])!.Rank);
        Assert.Equal((1, "cat"), (ranking.Place(strongest, "dog", ["chien", "chat", "cat"], ["fox"])!.Rank, ranking.Place(strongest, "dog", ["chien", "chat", "cat"], ["fox"])!.Partner));
        Assert.Null(ranking.Place(strongest, "dog", ["hound"], []));
        Assert.False(ranking.Contains("hound"));
    }

    [Fact]
    public void Chance_is_what_other_words_reach_in_the_partners_place()
    {
        var ranking = new WordRanking(Places);
        var strongest = ranking.Strongest([1f, 0.9f, 0.5f, 0.2f, 0.6f, 0.1f, 1f, 0.1f, 0.4f, 0.1f, 0.3f, 0f, 0f, 0f]);

        // Without chien the ranks of fox, cat, chat and le are 1 to 4, and each of them takes the partner's place once.
        var place = ranking.Place(strongest, "dog", ["chien"], [])!;
        Assert.Equal(0.25, place.ChanceTop, 12);
        Assert.Equal((1 + (1 / 2.0) + (1 / 3.0) + (1 / 4.0)) / 4, place.ChanceReciprocalRank, 12);
        Assert.Equal(2.5, place.ChanceRank);

        // Two partners: two sets of two, of the nearest frequency first; {cat, chat} and {fox, le}: the best of them at ranks 2 and 1.
        place = ranking.Place(strongest, "king", ["chien", "dog"], [])!;
        Assert.Equal(0.5, place.ChanceTop, 12);
        Assert.Equal((1 + (1 / 2.0)) / 2, place.ChanceReciprocalRank, 12);
        Assert.Equal(1.5, place.ChanceRank);
    }

    [Fact]
    public void Chance_compares_with_words_of_the_partners_frequency()
    {
        // 21 words stand once, 20 twice; of the frequent ones the first is the strongest of all.
        string[] rare = [.. Enumerable.Range(0, 21).Select(number => $"rare{number}")], frequent = [.. Enumerable.Range(0, 20).Select(number => $"frequent{number}")];
        string[] places = ["asked", .. rare, .. frequent, .. frequent];
        var ranking = new WordRanking(places);
        var strongest = ranking.Strongest([.. places.Select(word => word == "frequent0" ? 0.9f : word == "rare0" ? 0.5f : 0.1f)]);
        Assert.Equal(0, ranking.Place(strongest, "asked", ["rare0"], [])!.ChanceTop);
        var place = ranking.Place(strongest, "asked", ["frequent1"], [])!;

        // The nineteen other frequent words and one rare one.
        Assert.Equal(1 / 20.0, place.ChanceTop, 12);
    }

    [Fact]
    public void Over_scores_without_meaning_hits_are_as_frequent_as_chance_says()
    {
        const int Words = 30, Trials = 3000;
        string[] places = [.. Enumerable.Range(0, Words * 4).Select(place => $"word{place % Words}")];
        var (ranking, random) = (new WordRanking(places), new Random(7));
        var (hits, chance, reciprocal, chanceReciprocal) = (0, 0.0, 0.0, 0.0);
        for (var trial = 0; trial < Trials; trial++)
        {
            var place = ranking.Place(ranking.Strongest([.. places.Select(_ => random.NextSingle())]), "word0", ["word1", "word2"], [])!;
            hits += place.Rank == 1 ? 1 : 0;
            (chance, reciprocal, chanceReciprocal) = (chance + place.ChanceTop, reciprocal + (1.0 / place.Rank), chanceReciprocal + place.ChanceReciprocalRank);
        }

        // Two of 29 words; when they take part no more, sets of two among 27.
        Assert.InRange(hits / (double)Trials, (2 / 29.0) - 0.015, (2 / 29.0) + 0.015);
        Assert.InRange(chance / Trials, (2 / 27.0) - 0.01, (2 / 27.0) + 0.01);
        Assert.InRange(reciprocal / chanceReciprocal, 0.9, 1.05);
    }
}
