using Bif.Engine.Evaluation;
using Bif.Kernels;

namespace Bif.Engine.Demo;

/// <summary>
/// The text demo's documents: each says one sentence in two of the three languages, in either order, with a tab between
/// them. All of it follows from the seed; no sentence occurs twice, so that the queries' are new.
/// </summary>
internal sealed class BilingualData
{
    /// <summary>Draws the documents.</summary>
    public BilingualData(ulong seed, int train, int queries)
    {
        var stream = new PhiloxStream(seed, 0, PhiloxPurpose.Drawing, 0);
        var (said, documents) = (new HashSet<BilingualSentence>(), new List<string>());
        while (documents.Count < train + queries)
        {
            var sentence = BilingualSentence.Random(ref stream);
            if (said.Add(sentence))
            {
                var first = stream.NextInt(3);
                documents.Add(Half(sentence, first) + "\t" + Half(sentence, (first + 1 + stream.NextInt(2)) % 3));
            }
        }

        (Queries, Train) = (documents[..queries], documents[queries..]);
    }

    /// <summary>The training documents, without line ends.</summary>
    public IReadOnlyList<string> Train { get; }

    /// <summary>The queries.</summary>
    public IReadOnlyList<string> Queries { get; }

    /// <summary>Which words stand for the same.</summary>
    public static KnownPartners Partners { get; } = new(
    [
        .. BilingualLexicon.All.SelectMany(concept => new[]
        {
            (concept.British, concept.American, Kind: concept.Difference.ToString().ToLowerInvariant()),
            (concept.British, concept.French, Kind: "translation"),
            (concept.American, concept.French, Kind: concept.Difference == Difference.Number ? "number" : "translation"),
        }).Where(pair => pair.Item1 != pair.Item2).Distinct().Select(pair => new PartnerPair(pair.Item1, pair.Item2, pair.Kind)),
    ]);

    private static string Half(BilingualSentence sentence, int language) => $"{BilingualLexicon.Languages[language]}: {sentence.In(language)}";
}
