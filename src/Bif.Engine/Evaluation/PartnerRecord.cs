using System.Text.Json.Serialization;
using Bif.Engine.Runs;

namespace Bif.Engine.Evaluation;

/// <summary>How often the most related other word is a known partner.</summary>
/// <param name="Kind">Which partners count, or which words: "all kinds", "foreseen" or a kind of the pairs.</param>
/// <param name="Asked">Words of queries that have such a partner in the corpus.</param>
/// <param name="Top">Share of them whose most related other word is one, 0 to 1.</param>
/// <param name="ReciprocalRank">Mean of 1/rank of the best partner.</param>
/// <param name="MedianRank">Its median rank, from 1.</param>
/// <param name="Words">Other words that were ranked.</param>
/// <param name="ChanceTop">Share that words of like frequency reach in the partners' place.</param>
/// <param name="ChanceReciprocalRank">Mean of 1/rank that these reach.</param>
/// <param name="ChanceMedianRank">Median, over the words, of the median rank that these reach.</param>
public sealed record PartnerFigure(
    string Kind, int Asked, double Top, double ReciprocalRank, double MedianRank, int Words, double ChanceTop, double ChanceReciprocalRank, double ChanceMedianRank);

/// <summary>A word of a query that has a known partner.</summary>
/// <param name="Query">Index of the query.</param>
/// <param name="Unit">Number of the word in it.</param>
/// <param name="Word">The word.</param>
/// <param name="Loss">Its loss at the checkpoint, nats.</param>
/// <param name="NoiseFree">Whether its scores are measured responses rather than estimates from the draws.</param>
/// <param name="Partners">Its partners in the corpus, each with its kind.</param>
/// <param name="Place">Where the best of them stands.</param>
public sealed record PartnerWord(int Query, int Unit, string Word, float Loss, bool NoiseFree, IReadOnlyDictionary<string, string> Partners, PartnerPlace Place);

/// <summary>The content of <c>RUN/partners.json</c>: how well a run's related words are the known partners.</summary>
/// <param name="Run">The run that was measured, by its id.</param>
/// <param name="Draws">Draws behind the scores.</param>
/// <param name="IsPartial">Whether the common mode was removed.</param>
/// <param name="All">All kinds together.</param>
/// <param name="Foreseen">All kinds, for the words alone that the model gives more than half of its probability; null where there are none.</param>
/// <param name="ByKind">Each kind by itself, partners of other kinds left out.</param>
/// <param name="Words">The words that were asked about.</param>
public sealed record PartnerRecord(
    string Run, int Draws, bool IsPartial, PartnerFigure All, PartnerFigure? Foreseen, IReadOnlyList<PartnerFigure> ByKind, IReadOnlyList<PartnerWord> Words)
{
    /// <summary>All rows of a table: all, the foreseen, each kind.</summary>
    [JsonIgnore]
    public IEnumerable<PartnerFigure> Figures => new[] { All, Foreseen }.OfType<PartnerFigure>().Concat(ByKind);

    /// <summary>The file in a run.</summary>
    public static string FileOf(RunDirectory run) => Path.Combine(run.Root, KnownPartners.FileName);

    /// <summary>Reads it; null where nothing was measured, or something else than the run's present draws.</summary>
    /// <exception cref="InputException">The file is damaged.</exception>
    public static PartnerRecord? Read(RunDirectory run)
        => run.ReadBeside<PartnerRecord>(FileOf(run), record => record.Run, "measure again with bif tokens --partners");

    /// <summary>Writes it whole.</summary>
    public void Write(RunDirectory run) => RunDirectory.WriteBeside(FileOf(run), this);
}
