using System.Text.Json;
using System.Text.Json.Serialization;
using Bif.Engine.Data;

namespace Bif.Engine.Runs;

/// <summary>
/// What a ranking shows beside a score, kept in the run so that it can be read without the data: indices in the source,
/// labels and names.
/// </summary>
/// <param name="FirstIndex">Index of item 0 in the unsliced source.</param>
/// <param name="Labels">Class index per item, or null for regression.</param>
/// <param name="Targets">Target per item, or null for classification.</param>
/// <param name="ClassNames">Names by class index, where known.</param>
/// <param name="Names">File names, where items have them.</param>
/// <param name="Text">The passages, where items are texts.</param>
public sealed record ItemTable(
    int FirstIndex, int[]? Labels, float[]? Targets, IReadOnlyList<string>? ClassNames, IReadOnlyList<string>? Names, PassageTable? Text = null)
{
    // A field that is missing or unknown is a damaged name of one.
    private static readonly JsonSerializerOptions Strict = new(RunRecord.Json) { RespectRequiredConstructorParameters = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    /// <summary>The table of a dataset.</summary>
    public static ItemTable Of(Dataset data) => new(data.FirstIndex, data.Labels, data.Targets, data.ClassNames, data.ItemNames, data.Text is { } text ? new(text.Passages, text.Documents, text.DocumentStarts) : null);

    /// <summary>Reads a table.</summary>
    /// <exception cref="InputException">It is missing or damaged.</exception>
    public static ItemTable Read(string file)
    {
        try
        {
            return JsonSerializer.Deserialize<ItemTable>(File.ReadAllText(file), Strict)
                ?? throw new InputException($"{file} is empty: the run's item table is needed.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new InputException($"{file} cannot be read ({error.Message}): the run's item table is needed.", error);
        }
    }

    /// <summary>Reads the table of a known number of items.</summary>
    /// <exception cref="InputException">It is missing, damaged, or of another number of items.</exception>
    public static ItemTable Read(string file, int count)
    {
        var table = Read(file);
        int?[] lengths = [table.Labels?.Length, table.Targets?.Length, table.Names?.Count, table.Text?.Passages.Length, table.Text?.Documents.Length, table.Text?.DocumentStarts.Length];
        return Array.Find(lengths, length => length is not null && length != count) is { } other
            ? throw new InputException($"{file} lists {other:N0} items, but the run has {count:N0}: it is damaged; restore it or run anew.")
            : table;
    }

    /// <summary>Whether a table of a known number of items can be read.</summary>
    public static bool IsWhole(string file, int count)
    {
        try
        {
            Read(file, count);
            return true;
        }
        catch (InputException)
        {
            return false;
        }
    }

    /// <summary>Writes the table.</summary>
    public void Write(string file) => RunDirectory.Replace(
        file, JsonSerializer.Serialize(this, RunRecord.Compact));

    /// <summary>The passages.</summary>
    /// <param name="file">The table's file, for the message.</param>
    /// <exception cref="InputException">The items are no texts.</exception>
    public PassageTable RequireText(string file) => Text ?? throw new InputException($"{file} lists no texts: give a run of a language model.");

    /// <summary>What to print for an item: its class name, label or target.</summary>
    public string Describe(int item) => Text is { } text ? text.Excerpt(item, 60) : Labels is { } labels
        ? ClassNames is { } names && labels[item] < names.Count ? names[labels[item]] : $"class {labels[item]}"
        : Targets is { } targets ? targets[item].ToString("G6") : $"item {item}";
}

/// <summary>The texts of items.</summary>
/// <param name="Passages">Each item's text.</param>
/// <param name="Documents">The document that it comes from, from 0.</param>
/// <param name="DocumentStarts">Where it begins there, UTF-16 units.</param>
public sealed record PassageTable(string[] Passages, int[] Documents, int[] DocumentStarts)
{
    /// <summary>The beginning of a passage on one line.</summary>
    /// <param name="item">The item.</param>
    /// <param name="length">Characters at most.</param>
    public string Excerpt(int item, int length)
    {
        var line = string.Join(' ', Passages[item].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= length ? line : line[..(length - 1)] + "…";
    }
}
