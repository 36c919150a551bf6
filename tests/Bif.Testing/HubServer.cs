using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Bif.Testing;

/// <summary>Answers as the hub does for one repository: a commit, a listing with hashes, and the files.</summary>
internal sealed class HubServer(string repository, Dictionary<string, byte[]> files)
{
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";

    /// <summary>What is sent in place of a file, by its name.</summary>
    public Dictionary<string, Func<Request, Reply>> Instead { get; } = [];

    public Reply Answer(Request request)
    {
        var (api, tree, resolve) = ($"/api/models/{repository}/revision/", $"/api/models/{repository}/tree/{Commit}", $"/{repository}/resolve/{Commit}/");
        if (request.Path.StartsWith(api, StringComparison.Ordinal))
        {
            return new(200, Encoding.UTF8.GetBytes($$"""{"sha": "{{Commit}}"}"""));
        }

        if (request.Path == tree)
        {
            return new(200, JsonSerializer.SerializeToUtf8Bytes(files.Take(2).Select(Listed)), [$"Link: <{tree}?cursor=2>; rel=\"next\""]);
        }

        if (request.Path == tree + "?cursor=2")
        {
            return new(200, JsonSerializer.SerializeToUtf8Bytes(files.Skip(2).Select(Listed)));
        }

        var name = request.Path.StartsWith(resolve, StringComparison.Ordinal) ? request.Path[resolve.Length..] : "";
        return Instead.TryGetValue(name, out var other) ? other(request)
            : files.TryGetValue(name, out var content) ? LoopbackServer.File(request, content) : new(404, []);
    }

    private static object Listed(KeyValuePair<string, byte[]> file) => file.Value.Length > 1000
        ? new { type = "file", path = file.Key, size = file.Value.Length, oid = "pointer", lfs = new { oid = Convert.ToHexStringLower(SHA256.HashData(file.Value)), size = file.Value.Length } }
        : new { type = "file", path = file.Key, size = file.Value.Length, oid = GitHash(file.Value), lfs = (object?)null };

    // As `git hash-object` computes it.
    private static string GitHash(byte[] content)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {content.Length}\0")));
        hash.AppendData(content);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
