using System.Text.Json;

namespace Bif.Engine.Tokenizers;

/// <summary>Texts of a tokenizer.json.</summary>
internal static class JsonWord
{
    /// <summary>A text that is there.</summary>
    /// <exception cref="FormatException">It is null.</exception>
    public static string Word(this JsonElement element) => element.GetString() ?? throw new FormatException("a text is null");
}
