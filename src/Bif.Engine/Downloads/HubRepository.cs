using System.Text.Json;
using System.Text.RegularExpressions;

namespace Bif.Engine.Downloads;

/// <summary>
/// Repositories of the Hugging Face hub or a mirror of it. A branch is resolved to its commit first, so that all files are of one
/// state; sizes and checksums are those that the hub states for them.
/// </summary>
internal sealed partial class HubRepository(Requests requests, DownloadSettings settings, Action<string> say)
{
    private const int MostPages = 20;

    /// <summary>Reads hf:OWNER/NAME or hf:OWNER/NAME@REVISION.</summary>
    /// <exception cref="InputException">It is no such name.</exception>
    public static (string Repository, string? Revision) NameOf(string what)
    {
        var match = ModelName().Match(what);
        return match.Success && !what.Contains("..", StringComparison.Ordinal)
            ? (match.Groups["repository"].Value, match.Groups["revision"] is { Success: true } given ? given.Value : null)
            : throw new InputException($"{what} is no model of the Hugging Face hub: give hf:OWNER/NAME, such as hf:EleutherAI/pythia-70m, or hf:OWNER/NAME@REVISION.");
    }

    /// <summary>The files of a model that Bif reads: configuration, tokenizer and safetensors.</summary>
    /// <param name="what">hf:OWNER/NAME or hf:OWNER/NAME@REVISION.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="InputException">It is no such name, or the repository has no weights that can be read safely.</exception>
    public async Task<DownloadPlan> Model(string what, CancellationToken cancellation)
    {
        var (repository, revision) = NameOf(what);
        var (commit, files) = await Tree("models", repository, revision ?? "main", cancellation);
        var weights = files.Where(file => file.Path == "model.safetensors").ToList();
        if (weights.Count == 0)
        {
            weights = [.. files.Where(file => file.Path == "model.safetensors.index.json"), .. files.Where(file => Shard().IsMatch(file.Path)).OrderBy(file => file.Path, StringComparer.Ordinal)];
        }

        if (weights.Count == 0)
        {
            throw new InputException(files.Any(file => file.Path.EndsWith(".bin", StringComparison.Ordinal) || file.Path.EndsWith(".pt", StringComparison.Ordinal))
                ? $"{what} has its weights only as a pickle, which can run programs when it is read: Bif reads safetensors only; look for a revision or a repository that has model.safetensors."
                : $"{what} has no model.safetensors: it is no model that Bif reads.");
        }

        var config = files.FirstOrDefault(file => file.Path == "config.json") ?? throw new InputException($"{what} has no config.json: it is no model that Bif reads.");
        IEnumerable<Listed> chosen = [config, .. files.Where(file => file.Path is "tokenizer.json" or "LICENSE"), .. weights];
        return new(what, what[3..], $"{repository} at commit {commit}",
            [.. chosen.Select(file => file.Remote(new(settings.Hub, $"{repository}/resolve/{commit}/{file.Path}")))]);
    }

    /// <summary>Named files of a data set.</summary>
    public async Task<DownloadPlan> Files(string what, string about, string repository, IReadOnlyList<string> names, CancellationToken cancellation)
    {
        var (commit, files) = await Tree("datasets", repository, "main", cancellation);
        return new(what, what, $"{about}; {repository} at commit {commit}", [.. names.Select(name =>
            (files.FirstOrDefault(file => file.Path == name) ?? throw new InputException($"The data set {repository} has no {name}: the mirror is incomplete, or the data set has changed."))
            .Remote(new(settings.Hub, $"datasets/{repository}/resolve/{commit}/{name}")))]);
    }

    private async Task<(string Commit, List<Listed> Files)> Tree(string kind, string repository, string revision, CancellationToken cancellation)
    {
        var (state, _) = await requests.Text(new(settings.Hub, $"api/{kind}/{repository}/revision/{Uri.EscapeDataString(revision)}"), say, cancellation);
        var commit = Read(state, root => root.GetProperty("sha").GetString());
        if (commit is null || !Commit().IsMatch(commit))
        {
            throw NoHub();
        }

        var (files, next) = (new List<Listed>(), (Uri?)new Uri(settings.Hub, $"api/{kind}/{repository}/tree/{commit}"));
        for (var page = 0; next is not null && page < MostPages; page++)
        {
            var (listing, headers) = await requests.Text(next, say, cancellation);
            files.AddRange(Read(listing, root => root.EnumerateArray().Where(entry => entry.GetProperty("type").GetString() == "file").Select(Listed.Of).ToList()));
            next = headers.TryGetValues("Link", out var links) && NextPage().Match(string.Join(',', links)) is { Success: true } link ? new Uri(settings.Hub, link.Groups[1].Value) : null;
        }

        return (commit, files);
    }

    private T Read<T>(string text, Func<JsonElement, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return read(document.RootElement);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw NoHub();
        }
    }

    private InputException NoHub() => new($"{settings.Hub} does not answer as the Hugging Face hub does: a mirror without its interface, or a sign-in page of the network; check the mirror and the proxy.");

    [GeneratedRegex(@"^hf:(?<repository>[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95})(@(?<revision>[A-Za-z0-9][\w.-]{0,95}))?\z", RegexOptions.ECMAScript)]
    private static partial Regex ModelName();

    [GeneratedRegex(@"^model-\d{5}-of-\d{5}\.safetensors\z")]
    private static partial Regex Shard();

    [GeneratedRegex(@"^[0-9a-f]{40}\z")]
    private static partial Regex Commit();

    [GeneratedRegex("<([^>]+)>; *rel=\"next\"")]
    private static partial Regex NextPage();

    // A file as the hub lists it: large ones state the SHA-256 of their content, small ones the git hash.
    private sealed record Listed(string Path, long Bytes, Checksum Checksum)
    {
        public static Listed Of(JsonElement entry) => new(
            entry.GetProperty("path").GetString()!,
            entry.GetProperty("size").GetInt64(),
            entry.TryGetProperty("lfs", out var lfs) && lfs.ValueKind == JsonValueKind.Object
                ? new("sha256", lfs.GetProperty("oid").GetString()!.ToLowerInvariant())
                : new("git", entry.GetProperty("oid").GetString()!.ToLowerInvariant()));

        public RemoteFile Remote(Uri address) => new(address, Path, Bytes, Checksum);
    }
}
