using System.Text.Json;

namespace Bif.Engine.Data;

/// <summary>Reads documents: .txt (one, or many with a separator), .jsonl (the field <c>text</c>), .tsv (a line each).</summary>
internal static class TextDocuments
{
    // A string holds 2^30 UTF-16 units.
    private const long MostBytes = 1L << 29;

    /// <summary>Whether a path holds text.</summary>
    public static bool Recognises(string path) => File.Exists(path) && Kind(path) is ".txt" or ".jsonl" or ".tsv";

    /// <summary>The documents without white space around them; empty ones are left out.</summary>
    public static List<string> Read(string path, string? separator)
    {
        var content = Content(path);
        var documents = Kind(path) switch
        {
            ".jsonl" => Lines(content).Select(line => Field(path, line.Text, line.Number)),
            ".tsv" => Lines(content).Select(line => line.Text),
            _ => (separator ?? (content.Contains(TextInput.EndOfTextMark, StringComparison.Ordinal) ? TextInput.EndOfTextMark : null)) is { Length: > 0 } mark
                ? content.Split(mark)
                : [content],
        };
        var kept = documents.Select(document => document.Trim()).Where(document => document.Length > 0).ToList();
        return kept.Count > 0 ? kept : throw new InputException($"{path} holds no text.");
    }

    private static string Kind(string path) => Path.GetExtension(path).ToLowerInvariant();

    private static string Content(string path)
    {
        if (File.Exists(path) && new FileInfo(path).Length > MostBytes)
        {
            throw new InputException($"{path} is larger than {MostBytes >> 20} MiB, the most that is read as one text: cut it into several files.");
        }

        return RegularFile.ReadText(path);
    }

    private static IEnumerable<(string Text, int Number)> Lines(string content)
        => content.Split('\n').Select((line, index) => (line.Trim('\r'), index + 1)).Where(line => line.Item1.Length > 0);

    private static string Field(string path, string line, int number)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.GetProperty("text").GetString() ?? throw new InvalidOperationException("text is null");
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InputException($"{path}, line {number}: not a JSON object with a text field.", error);
        }
    }
}
