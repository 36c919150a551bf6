using Bif.Engine.Arrays;
using Bif.Engine.Attribution;
using Bif.Engine.Data;

namespace Bif.Engine.Runs;

/// <summary>
/// The tokens of a run that have a loss, in the order of its token traces; on disk an int32 array [token, 4] of item, id,
/// start and end in the item's passage (UTF-16 units).
/// </summary>
/// <param name="Items">The item of each token.</param>
/// <param name="Ids">Token ids.</param>
/// <param name="Starts">Where each begins in its item's passage.</param>
/// <param name="Ends">Where each ends.</param>
public sealed record TokenTable(int[] Items, int[] Ids, int[] Starts, int[] Ends)
{
    private const int Columns = 4;

    /// <summary>Number of tokens.</summary>
    public int Count => Ids.Length;

    /// <summary>The table of texts.</summary>
    /// <param name="text">Texts.</param>
    /// <param name="indices">Which items of the run they are, rising; null for the first, second and so on.</param>
    public static TokenTable Of(TextItems text, IReadOnlyList<int>? indices = null)
    {
        var (items, ids, starts, ends) = (new List<int>(), new List<int>(), new List<int>(), new List<int>());
        for (var item = 0; item < text.Count; item++)
        {
            for (var token = text.Offsets[item] + 1; token < text.Offsets[item + 1]; token++)
            {
                items.Add(indices?[item] ?? item);
                ids.Add(text.Ids[token]);
                starts.Add(text.Starts[token]);
                ends.Add(text.Ends[token]);
            }
        }

        return new([.. items], [.. ids], [.. starts], [.. ends]);
    }

    /// <summary>Reads a table.</summary>
    /// <exception cref="InputException">It is missing or damaged.</exception>
    public static TokenTable Read(string file)
    {
        if (!File.Exists(file))
        {
            throw new InputException($"There is no {file}: the run has no traces of tokens; run attribute with --per-token.");
        }

        var array = NpyFile.Read<int>(file);
        if (array.Shape is not [_, Columns])
        {
            throw new InputException($"{file} has the shape ({string.Join(", ", array.Shape)}) and is no table of tokens: delete it and write it again with attribute --resume and the options of the run's start.");
        }

        int[] Column(int column) => [.. Enumerable.Range(0, (int)array.Shape[0]).Select(row => array.Values[(row * Columns) + column])];
        return new(Column(0), Column(1), Column(2), Column(3));
    }

    /// <summary>Reads a table whose tokens lie in passages.</summary>
    /// <exception cref="InputException">It is missing or damaged.</exception>
    public static TokenTable Read(string file, PassageTable passages)
    {
        var table = Read(file);
        for (var token = 0; token < table.Count; token++)
        {
            var (item, start, end) = (table.Items[token], table.Starts[token], table.Ends[token]);
            if (item < (token == 0 ? 0 : table.Items[token - 1]) || item >= passages.Passages.Length || start < 0 || end < start || end > passages.Passages[item].Length)
            {
                throw new InputException($"{file} is damaged: its token {token:N0} lies outside the run's texts; delete it and write it again with attribute --resume and the options of the run's start.");
            }
        }

        return table;
    }

    /// <summary>Whether a table can be read.</summary>
    public static bool IsWhole(string file)
    {
        try
        {
            Read(file);
            return true;
        }
        catch (InputException)
        {
            return false;
        }
    }

    /// <summary>Writes the table.</summary>
    public void Write(string file)
    {
        var values = new int[Count * Columns];
        for (var token = 0; token < Count; token++)
        {
            (values[token * Columns], values[(token * Columns) + 1]) = (Items[token], Ids[token]);
            (values[(token * Columns) + 2], values[(token * Columns) + 3]) = (Starts[token], Ends[token]);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        NpyFile.Write<int>(file, [Count, Columns], values);
    }

    /// <summary>The tokens of an item: the first and the number.</summary>
    public (int First, int Count) Of(int item)
    {
        var (first, end) = (Bound(item), Bound(item + 1));
        return (first, end - first);
    }

    /// <summary>The text of tokens and what stands around it.</summary>
    /// <param name="span">Tokens of one item.</param>
    /// <param name="passages">The passages of the same items.</param>
    /// <param name="around">Characters of surroundings on each side.</param>
    public (string Before, string Text, string After) InContext(TokenSpan span, PassageTable passages, int around)
    {
        var passage = passages.Passages[Items[span.First]];
        var start = Starts[span.First];
        var end = Math.Max(start, Ends[span.First + span.Count - 1]);
        return (passage[Math.Max(0, start - around)..start], passage[start..end], passage[end..Math.Min(passage.Length, end + around)]);
    }

    // The first token of an item or a later one.
    private int Bound(int item)
    {
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = Items[middle] < item ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
