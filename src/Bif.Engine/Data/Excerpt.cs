namespace Bif.Engine.Data;

/// <summary>What a message quotes of a file.</summary>
internal static class Excerpt
{
    private const int Most = 40;

    /// <summary>A text, or its beginning where it is long.</summary>
    public static string Of(string text) => text.Length <= Most ? text : text[..Most] + "…";
}
