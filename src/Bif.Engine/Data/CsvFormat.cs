using System.Globalization;
using System.Runtime.InteropServices;

namespace Bif.Engine.Data;

/// <summary>CSV with a header; all columns are numbers, the last one is the target.</summary>
internal static class CsvFormat
{
    /// <summary>Reads the table; null where the path is no CSV.</summary>
    public static RawDataset? TryOpen(string path, string? split, TargetKind target)
    {
        if (File.Exists(path))
        {
            if (!path.EndsWith(".csv", StringComparison.OrdinalIgnoreCase))
            {
                return null;
            }

            SplitChoice.RequireNone(path, split);
            return Read(path, target);
        }

        var files = Directory.GetFiles(path, "*.csv").ToDictionary(file => Path.GetFileNameWithoutExtension(file));
        return files.Count == 0 ? null : Read(SplitChoice.Choose(path, split, files), target);
    }

    private static RawDataset Read(string file, TargetKind target)
    {
        using var reader = RegularFile.Read(file, static path => new StreamReader(path));
        var header = reader.ReadLine() ?? throw Empty(file);
        var columns = Cells(header);
        if (columns.Count < 2)
        {
            throw new InputException(header.AsSpan().IndexOfAny(";\t") >= 0
                ? $"{file} separates its columns by {(header.Contains(';') ? "semicolons" : "tabs")}: write it with commas, and numbers with a decimal point."
                : $"{file} has {columns.Count} column: it needs at least one feature and the target as the last column.");
        }

        if (columns.All(cell => TryNumber(cell, out _)) && !AreCounted(columns))
        {
            throw new InputException($"{file} starts with a row of numbers, which would be lost as a header: let its first line name the columns in words.");
        }

        var features = columns.Count - 1;
        var values = new List<float>();
        var targets = new List<float>();
        for (var line = 2; reader.ReadLine() is { } text; line++)
        {
            if (string.IsNullOrWhiteSpace(text))
            {
                continue;
            }

            var cells = Cells(text);
            if (cells.Count != columns.Count)
            {
                throw new InputException($"{file}, line {line}: {cells.Count} cells where the header has {columns.Count} columns.");
            }

            for (var column = 0; column < cells.Count; column++)
            {
                var value = Number(cells[column], file, line, columns[column]);
                (column < features ? values : targets).Add(value);
            }
        }

        if (targets.Count == 0)
        {
            throw new InputException($"{file} has a header but no rows.");
        }

        var raw = MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(values));
        var memory = RawMemory.Allocate(raw.Length);
        raw.CopyTo(memory.Span(0, raw.Length));
        var items = new RecordReader(memory, ElementType.Float32, [features], targets.Count, 0, 4L * features);
        return target == TargetKind.Number
            ? new RawDataset("CSV regression", items, null, [.. targets])
            : new RawDataset("CSV classification", items, [.. targets.Select((value, row) => Label(value, file, row, columns[^1]))], null);
    }

    private static InputException Empty(string file) => new($"{file} is empty: a CSV needs a header line and rows of numbers.");

    // Tools that know no names write the columns' numbers, from 0 or 1.
    private static bool AreCounted(IReadOnlyList<string> columns)
        => new[] { 0, 1 }.Any(first => columns.Select((cell, index) => cell == (first + index).ToString(CultureInfo.InvariantCulture)).All(same => same));

    // .NET's parser passes over zero characters at the end.
    private static bool TryNumber(string cell, out float value)
        => float.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && !cell.Contains('\0');

    private static float Number(string cell, string file, int line, string column)
        => TryNumber(cell, out var value) && float.IsFinite(value)
            ? value
            : throw new InputException($"{file}, line {line}, column \"{Excerpt.Of(column)}\": \"{Excerpt.Of(cell)}\" is not a finite number.");

    private static int Label(float value, string file, int row, string column)
        => value >= 0 && value == MathF.Floor(value) && value < 1e6f
            ? (int)value
            : throw new InputException($"{file}, row {row + 1}, column \"{column}\": {value} is no class index (0, 1, 2, …).");

    // Quoted cells may contain commas and doubled quotes.
    private static List<string> Cells(string line)
    {
        var cells = new List<string>();
        var cell = new System.Text.StringBuilder();
        var quoted = false;
        for (var index = 0; index < line.Length; index++)
        {
            var character = line[index];
            if (character == '"')
            {
                if (quoted && index + 1 < line.Length && line[index + 1] == '"')
                {
                    cell.Append('"');
                    index++;
                }
                else
                {
                    quoted = !quoted;
                }
            }
            else if (character == ',' && !quoted)
            {
                cells.Add(cell.ToString().Trim());
                cell.Clear();
            }
            else
            {
                cell.Append(character);
            }
        }

        cells.Add(cell.ToString().Trim());
        return cells;
    }
}
