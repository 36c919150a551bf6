using System.Text.Json;
using Bif.Engine.Data;

namespace Bif.Engine.Tokenizers;

/// <summary>Reads the <c>model</c> of a tokenizer.json.</summary>
internal sealed class VocabularyReader(string file)
{
    // Ids index a list: a larger one was not given by a vocabulary.
    private const int MostIds = 1 << 24;

    /// <summary>Tokens and merges, the latter written "left right" or as pairs.</summary>
    public Vocabulary Read(JsonElement model, bool byteLevel)
    {
        foreach (var field in new[] { "continuing_subword_prefix", "end_of_word_suffix" })
        {
            if (Optional(model, field) is { } affix && affix.Word().Length > 0)
            {
                throw new InputException($"{file}: {field} \"{Excerpt.Of(affix.Word())}\" is not supported here; byte-level BPE and BPE with byte fallback are.");
            }
        }

        if (Optional(model, "dropout") is { } dropout && dropout.GetDouble() > 0)
        {
            throw new InputException($"{file}: BPE dropout {dropout.GetDouble()} gives other tokens each time; set it to null.");
        }

        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var entry in model.GetProperty("vocab").EnumerateObject())
        {
            ids[entry.Name] = RequireId(entry.Value, entry.Name);
        }

        var unknown = Optional(model, "unk_token")?.GetString();
        return new Vocabulary(
            ids,
            Merges(model.GetProperty("merges"), ids),
            byteLevel,
            Flag(model, "byte_fallback"),
            unknown is null ? null : Id(unknown, ids),
            Flag(model, "fuse_unk"),
            Flag(model, "ignore_merges"));
    }

    /// <summary>The id of a token, which must be one that a vocabulary can have.</summary>
    public int RequireId(JsonElement id, string token) => id.TryGetInt32(out var number) && number is >= 0 and < MostIds
        ? number
        : throw new InputException($"{file}: the id {Excerpt.Of(id.GetRawText())} of the token \"{Excerpt.Of(token)}\" is not from 0 to {MostIds - 1:N0}: fetch the file again.");

    private Dictionary<long, (int Rank, int Id)> Merges(JsonElement list, Dictionary<string, int> ids)
    {
        var merges = new Dictionary<long, (int, int)>(list.GetArrayLength());
        var rank = 0;
        foreach (var entry in list.EnumerateArray())
        {
            var (left, right) = entry.ValueKind == JsonValueKind.Array ? Pair(entry) : Halves(entry.Word());
            merges[Vocabulary.Pair(Id(left, ids), Id(right, ids))] = (rank++, Id(left + right, ids));
        }

        return merges;
    }

    private (string Left, string Right) Pair(JsonElement merge) => merge.GetArrayLength() == 2
        ? (merge[0].Word(), merge[1].Word())
        : throw new InputException($"{file}: the merge {Excerpt.Of(merge.GetRawText())} is no pair of tokens: fetch the file again.");

    private (string Left, string Right) Halves(string merge)
    {
        var space = merge.IndexOf(' ', StringComparison.Ordinal);
        return space > 0 && space < merge.Length - 1 && merge.IndexOf(' ', space + 1) < 0
            ? (merge[..space], merge[(space + 1)..])
            : throw new InputException($"{file}: the merge \"{Excerpt.Of(merge)}\" is not of the form \"left right\".");
    }

    private int Id(string token, Dictionary<string, int> ids) => ids.TryGetValue(token, out var id)
        ? id
        : throw new InputException($"{file}: \"{Excerpt.Of(token)}\", which merges or unk_token name, is not in the vocabulary.");

    private static JsonElement? Optional(JsonElement owner, string name)
        => owner.TryGetProperty(name, out var part) && part.ValueKind != JsonValueKind.Null ? part : null;

    private static bool Flag(JsonElement owner, string name) => Optional(owner, name)?.GetBoolean() ?? false;
}
