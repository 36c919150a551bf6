namespace Bif.Engine.Arrays;

/// <summary>Cells of tables that are written with commas between them.</summary>
public static class CsvCell
{
    /// <summary>A text as a cell: in quotes where it holds a comma, a quote or the end of a line.</summary>
    public static string Of(string text)
        => text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
