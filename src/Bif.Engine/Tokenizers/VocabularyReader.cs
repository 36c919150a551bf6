using System.Text.Json;

namespace Bif.Engine.Tokenizers;

/// <summary>Reads the <c>model</c> of a tokenizer.json.</summary>
internal sealed class VocabularyReader(string file)
{
    /// <summary>Tokens and merges, the latter written "left right" or as pairs.</summary>
    public Vocabulary Read(JsonElement model, bool byteLevel)
    {
        foreach (var field in new[] { "continuing_subword_prefix", "end_of_word_suffix" })
        {
            if (Optional(model, field) is { } affix && affix.GetString()!.Length > 0)
            {
                throw new InputException($"{file}: {field} \"{affix.GetString()}\" is not supported here; byte-level BPE and BPE with byte fallback are.");
            }
        }

        if (Optional(model, "dropout") is { } dropout && dropout.GetDouble() > 0)
        {
            throw new InputException($"{file}: BPE dropout {dropout.GetDouble()} gives other tokens each time; set it to null.");
        }

        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var entry in model.GetProperty("vocab").EnumerateObject())
        {
            ids[entry.Name] = entry.Value.GetInt32();
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

    private Dictionary<long, (int Rank, int Id)> Merges(JsonElement list, Dictionary<string, int> ids)
    {
        var merges = new Dictionary<long, (int, int)>(list.GetArrayLength());
        var rank = 0;
        foreach (var entry in list.EnumerateArray())
        {
            var (left, right) = entry.ValueKind == JsonValueKind.Array
                ? (entry[0].GetString()!, entry[1].GetString()!)
                : Halves(entry.GetString()!);
            merges[Vocabulary.Pair(Id(left, ids), Id(right, ids))] = (rank++, Id(left + right, ids));
        }

        return merges;
    }

    private (string Left, string Right) Halves(string merge)
    {
        var space = merge.IndexOf(' ', StringComparison.Ordinal);
        return space > 0 && space < merge.Length - 1 && merge.IndexOf(' ', space + 1) < 0
            ? (merge[..space], merge[(space + 1)..])
            : throw new InputException($"{file}: the merge \"{merge}\" is not of the form \"left right\".");
    }

    private int Id(string token, Dictionary<string, int> ids) => ids.TryGetValue(token, out var id)
        ? id
        : throw new InputException($"{file}: \"{token}\", which merges or unk_token name, is not in the vocabulary.");

    private static JsonElement? Optional(JsonElement owner, string name)
        => owner.TryGetProperty(name, out var part) && part.ValueKind != JsonValueKind.Null ? part : null;

    private static bool Flag(JsonElement owner, string name) => Optional(owner, name)?.GetBoolean() ?? false;
}
