using System.Text.RegularExpressions;

namespace Bif.Data.Storage;

/// <summary>
/// JSON as PostgreSQL's jsonb takes it: the character NUL, which texts may hold and jsonb refuses, becomes its picture ␀. Both are one
/// UTF-16 unit, so places in a text stay right.
/// </summary>
public static partial class StoredJson
{
    /// <summary>The JSON with every escaped NUL replaced; an escaped backslash before the letters u0000 is left alone.</summary>
    public static string Of(string json) => json.Contains(@"\u0000", StringComparison.Ordinal) ? EscapedNul().Replace(json, "$1␀") : json;

    [GeneratedRegex(@"(?<!\\)((?:\\\\)*)\\u0000")]
    private static partial Regex EscapedNul();
}
