using System.Text.Json;
using System.Text.RegularExpressions;

namespace Bif.Web.Api;

/// <summary>Says in a sentence why a request could not be read; what the framework says of it is for programmers of .NET.</summary>
internal static partial class UnreadRequest
{
    /// <summary>Where nothing more is known.</summary>
    public const string Usual = "The request cannot be read: see /openapi/v1.json for what it should hold.";

    /// <summary>Where the body is beyond the server's limit.</summary>
    public const string TooLarge = "The body is larger than the 16 MiB that are taken here; models and data go to /api/v1/uploads.";

    /// <summary>Where the body is of a kind that nobody reads here.</summary>
    public const string WrongKind =
        "Send the body as application/json, a picture as multipart/form-data, an upload as application/octet-stream, and say so in Content-Type.";

    private const string NoBody = "The request has no body: send it as JSON, as /openapi/v1.json describes it.";

    /// <summary>The sentence for an error.</summary>
    public static string Sentence(BadHttpRequestException error) => error switch
    {
        { StatusCode: StatusCodes.Status413PayloadTooLarge } => TooLarge,
        { StatusCode: StatusCodes.Status415UnsupportedMediaType } => WrongKind,
        { InnerException: JsonException json } => OfBody(json),
        _ when error.Message.StartsWith("Implicit body inferred", StringComparison.Ordinal) => NoBody,
        _ when Unbound().Match(error.Message) is { Success: true } match => $"{match.Groups["name"].Value} is \"{Shorten(match.Groups["value"].Value)}\", which cannot be read as {Kind(match.Groups["type"].Value)}.",
        _ when Absent().Match(error.Message) is { Success: true } match => match.Groups["where"].Value == "body"
            ? NoBody
            : $"{match.Groups["name"].Value} is missing: give it in the {match.Groups["where"].Value}.",
        _ => Usual,
    };

    private static string OfBody(JsonException error)
    {
        if (error.InnerException is JsonException)
        {
            return $"The body is no JSON (line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}).";
        }

        if (Unknown().Match(error.Message) is { Success: true } unknown)
        {
            return $"The body has a field {Shorten(unknown.Groups["name"].Value)} that means nothing here: see /openapi/v1.json for those that do.";
        }

        if (Lacking().Match(error.Message) is { Success: true } lacking)
        {
            return $"The body lacks {lacking.Groups["names"].Value.Replace("'", "", StringComparison.Ordinal)}.";
        }

        var place = error.Path is { Length: > 2 } path ? Shorten(path[2..]) : null;
        return $"{place ?? "The body"} has a value of the wrong kind or size: see /openapi/v1.json for what it should be.";
    }

    private static string Kind(string type) => type.Replace("Nullable<", "", StringComparison.Ordinal).TrimEnd('?', '>') switch
    {
        "int" or "long" or "ulong" => "a whole number",
        "double" => "a number",
        "Guid" => "an identity",
        "bool" => "true or false",
        _ => "what it should be",
    };

    private static string Shorten(string text) => text.Length > 80 ? text[..79] + "…" : text;

    [GeneratedRegex("""^Failed to bind parameter "(?<type>\S+) (?<name>\w+)" from "(?<value>.*)"\.$""", RegexOptions.Singleline)]
    private static partial Regex Unbound();

    [GeneratedRegex("""^Required parameter "\S+ (?<name>\w+)" was not provided from (?<where>[\w ]+?)\.?$""")]
    private static partial Regex Absent();

    [GeneratedRegex("^The JSON property '(?<name>.*?)' could not be mapped")]
    private static partial Regex Unknown();

    [GeneratedRegex("missing required properties including: (?<names>.*?)\\.( |$)")]
    private static partial Regex Lacking();
}
