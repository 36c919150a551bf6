using Bif.Engine.Demo;
using Xunit;

namespace Bif.Engine.Tests.Demo;

public sealed class BilingualDataTests
{
    private static readonly BilingualData Data = new(5, 900, 60);
    private static readonly HashSet<string> Frame = ["the", "le", "near", "près", "du"];

    [Fact]
    public void Equal_seeds_give_equal_documents()
    {
        var (same, other) = (new BilingualData(5, 900, 60), new BilingualData(6, 900, 60));
        Assert.Equal(Data.Train, same.Train);
        Assert.Equal(Data.Queries, same.Queries);
        Assert.NotEqual(Data.Train, other.Train);
    }

    [Fact]
    public void No_form_stands_for_two_concepts_or_for_both_languages()
    {
        var forms = BilingualLexicon.All.SelectMany(concept => new[] { concept.British, concept.American, concept.French }.Distinct()).ToList();
        Assert.Equal(forms.Count, forms.Distinct().Count());
        Assert.DoesNotContain(forms, Frame.Contains);
        Assert.All(BilingualLexicon.All, concept => Assert.Equal(concept.Difference == Difference.None, concept.British == concept.American));
        Assert.All(BilingualLexicon.All, concept => Assert.NotEqual(concept.British, concept.French));
    }

    [Fact]
    public void The_halves_of_every_document_say_the_same_in_partners()
    {
        var partners = BilingualData.Partners.ByWord();
        foreach (var document in Data.Train.Concat(Data.Queries))
        {
            var halves = document.Split('\t');
            Assert.Equal(2, halves.Length);
            var (first, second) = (Words(halves[0]), Words(halves[1]));
            Assert.NotEqual(first.Language, second.Language);
            Assert.Equal(first.Words.Length, second.Words.Length);
            Assert.InRange(first.Words.Length, 4, 7);

            // Each word has exactly one counterpart: itself where both are English, else one that the truth names.
            Assert.All(first.Words, word => Assert.Single(second.Words, other => other == word || partners[word].Any(partner => partner.Word == other)));
        }
    }

    [Fact]
    public void Every_pair_is_in_the_training_data_and_no_query_is()
    {
        var words = Data.Train.SelectMany(document => document.Split(' ', '\t')).ToHashSet();
        Assert.All(BilingualData.Partners.Pairs, pair => Assert.True(words.Contains(pair.Word) && words.Contains(pair.Partner), $"{pair}"));
        Assert.Equal(["number", "spelling", "synonym", "translation"], BilingualData.Partners.Pairs.Select(pair => pair.Kind).Distinct().Order());
        Assert.Equal(BilingualData.Partners.Pairs.Count, BilingualData.Partners.Pairs.Select(pair => (pair.Word, pair.Partner)).Distinct().Count());

        // A sentence is the same whichever languages say it: compared in French, or in the British that stands for it.
        var french = BilingualLexicon.All.SelectMany(concept => new[] { (concept.British, concept.French), (concept.American, concept.French), (concept.French, concept.French) }).Distinct().ToDictionary();
        string Sentence(string document) => string.Join(' ', Words(document.Split('\t')[0]).Words.Select(word => french[word]).Order());
        Assert.Empty(Data.Queries.Select(Sentence).Intersect(Data.Train.Select(Sentence)));
    }

    private static (string Language, string[] Words) Words(string half)
    {
        var words = half.Split(' ');
        return (words[0], [.. words[1..].Where(word => !Frame.Contains(word))]);
    }
}
