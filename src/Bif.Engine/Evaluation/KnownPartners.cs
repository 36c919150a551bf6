using System.Text.Json;
using Bif.Engine.Data;
using Bif.Engine.Runs;

namespace Bif.Engine.Evaluation;

/// <summary>Two words of a corpus that are known to stand for the same.</summary>
/// <param name="Word">One of them, as it is written.</param>
/// <param name="Partner">The other.</param>
/// <param name="Kind">What makes them partners, such as translation, spelling, synonym or number.</param>
public sealed record PartnerPair(string Word, string Partner, string Kind);

/// <summary>
/// What is known about a corpus' words (<c>partners.json</c> beside the data): which are each other's translation, other
/// spelling and so on, in both directions.
/// </summary>
/// <param name="Pairs">The pairs, each once.</param>
public sealed record KnownPartners(IReadOnlyList<PartnerPair> Pairs)
{
    /// <summary>The file's name.</summary>
    public const string FileName = "partners.json";

    /// <summary>The file beside the data of a run, whether it is there or not.</summary>
    /// <param name="data">A data path: PATH[@SPLIT][[A:B]].</param>
    public static string Beside(string data) => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(DataPath.Parse(data).Path))!, FileName);

    /// <summary>Reads the file.</summary>
    /// <exception cref="InputException">It is missing, damaged, or names no pair.</exception>
    public static KnownPartners Read(string file)
    {
        try
        {
            return JsonSerializer.Deserialize<KnownPartners>(File.ReadAllText(file), RunRecord.Json) is { Pairs.Count: > 0 } known
                && known.Pairs.All(pair => pair is { Word.Length: > 0, Partner.Length: > 0, Kind.Length: > 0 })
                ? known
                : throw new InputException($"{file} names no pairs, or one without a word, partner or kind: give {{\"pairs\": [{{\"word\": …, \"partner\": …, \"kind\": …}}]}}.");
        }
        catch (Exception error) when (error is IOException or JsonException or UnauthorizedAccessException)
        {
            throw new InputException($"{file} cannot be read ({error.Message.TrimEnd('.')}): it should be {{\"pairs\": [{{\"word\": …, \"partner\": …, \"kind\": …}}]}}.", error);
        }
    }

    /// <summary>The partners of every word that has one, each with its kind.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<(string Word, string Kind)>> ByWord() => Pairs
        .SelectMany(pair => new[] { (pair.Word, Partner: (pair.Partner, pair.Kind)), (Word: pair.Partner, Partner: (pair.Word, pair.Kind)) })
        .GroupBy(each => each.Word, each => each.Partner, StringComparer.Ordinal)
        .ToDictionary(group => group.Key, group => (IReadOnlyList<(string, string)>)[.. group.Distinct()], StringComparer.Ordinal);

    /// <summary>Writes the file whole.</summary>
    internal void Write(string file) => RunDirectory.Replace(file, JsonSerializer.Serialize(this, RunRecord.Json) + "\n");
}
