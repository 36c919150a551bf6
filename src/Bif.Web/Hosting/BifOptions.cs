using Bif.Web.Security;

namespace Bif.Web.Hosting;

/// <summary>The operator's settings: section "Bif" of appsettings.json, environment variables Bif__NAME, or --Bif:NAME.</summary>
public sealed class BifOptions
{
    /// <summary>The role that serves pages and the HTTP interface.</summary>
    public const string WebRole = "web";

    /// <summary>The role that computes.</summary>
    public const string WorkerRole = "worker";

    private const string UsualUrl = "http://localhost:5080";

    /// <summary>What this process does: web, worker or both.</summary>
    public string[] Roles { get; set; } = [];

    /// <summary>Folder of runs, the demos, and the private database; workers of one database must share it.</summary>
    public string Data { get; set; } = "data";

    /// <summary>Folders under which models and data may lie. Nothing outside them is ever opened for a person.</summary>
    public string[] Roots { get; set; } = [];

    /// <summary>Whether a first start makes the demo runs.</summary>
    public bool Demo { get; set; }

    /// <summary>Chains that this worker runs at once on its CPU; 0: one per core.</summary>
    public int CpuSlots { get; set; }

    /// <summary>Asked of everybody who controls runs, once set; must be set where others than this machine can connect.</summary>
    public string AdminToken { get; set; } = "";

    /// <summary>A header in which a known proxy says who sent a request, such as X-Forwarded-User; empty: none is believed.</summary>
    public string ProxyIdentityHeader { get; set; } = "";

    /// <summary>Addresses or networks of reverse proxies whose word on a request's sender, address and scheme is taken.</summary>
    public string[] KnownProxies { get; set; } = [];

    /// <summary>Largest upload of a model or data, in MiB, packed or unpacked; 0: none are taken.</summary>
    public int UploadMegabytes { get; set; } = 1024;

    /// <summary>Largest download that people may order, in GiB; 0: none.</summary>
    public int DownloadGigabytes { get; set; } = 50;

    /// <summary>Stands in for https://huggingface.co; empty: BIF_MIRROR, else HF_ENDPOINT, else the original.</summary>
    public string DownloadMirror { get; set; } = "";

    /// <summary>A web folder with the data sets' files; empty: BIF_DATA_MIRROR, else each file's home.</summary>
    public string DownloadDataMirror { get; set; } = "";

    /// <summary>An HTTP proxy for downloads; empty: HTTPS_PROXY, HTTP_PROXY and NO_PROXY apply.</summary>
    public string DownloadProxy { get; set; } = "";

    /// <summary>Folder of initdb and postgres; empty: the newest installed.</summary>
    public string PostgresBinaries { get; set; } = "";

    /// <summary>Whether people must say who they are.</summary>
    public bool IsGuarded => AdminToken.Length > 0 || ProxyIdentityHeader.Length > 0;

    /// <summary>Whether this process has the web role.</summary>
    public bool IsWeb => Roles.Contains(WebRole);

    /// <summary>Whether this process has the worker role.</summary>
    public bool IsWorker => Roles.Contains(WorkerRole);

    /// <summary>Where the runs' directories lie.</summary>
    public string Runs => Path.Combine(Data, "runs");

    /// <summary>Makes all paths absolute.</summary>
    public BifOptions Against(string contentRoot)
    {
        Data = Path.GetFullPath(Data, contentRoot);
        Roots = [.. Roots.Where(root => root.Length > 0).Append(Data).Concat(Registered()).Select(root => Path.GetFullPath(root, contentRoot)).Distinct()];
        return this;
    }

    // What `bif up --model DIR --data PATH` registered, a path to a line; what is gone since is passed over.
    private IEnumerable<string> Registered()
    {
        var file = Path.Combine(Data, "registered");
        return File.Exists(file) ? File.ReadLines(file).Where(path => Directory.Exists(path) || File.Exists(path)) : [];
    }

    /// <summary>Keys of section "Bif" that mean nothing: a misspelt setting must not pass for one that is in force.</summary>
    public static IEnumerable<string> UnknownKeys(IConfiguration configuration)
    {
        var known = typeof(BifOptions).GetProperties().Where(property => property.CanWrite).Select(property => property.Name).ToList();
        return configuration.GetSection("Bif").GetChildren()
            .Where(child => !known.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
            .Select(child => $"{child.Path} is no setting: known are {string.Join(", ", known)}.");
    }

    /// <summary>The addresses that the server will listen on, each with the key that sets it: Kestrel's own endpoints take the place of Urls.</summary>
    public static IReadOnlyList<(string Key, string Url)> Addresses(IConfiguration configuration)
    {
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(each => ($"{each.Path}:Url", each["Url"] ?? "")).ToList();
        return endpoints.Count > 0
            ? endpoints
            : [.. (configuration["Urls"] is { Length: > 0 } urls ? urls : UsualUrl).Split(';', StringSplitOptions.RemoveEmptyEntries).Select(url => ("Urls", url))];
    }

    /// <summary>All that is wrong, each in a sentence that names the key; empty if nothing is.</summary>
    /// <param name="addresses">The addresses to listen on, each with its key.</param>
    public IReadOnlyList<string> Errors(IReadOnlyList<(string Key, string Url)> addresses)
    {
        var errors = new List<string>();
        if (Roles.Length == 0 || Roles.Any(role => role is not (WebRole or WorkerRole)))
        {
            errors.Add($"Bif:Roles is [{string.Join(", ", Roles)}]: give web, worker or both.");
        }

        if (CpuSlots is < 0 or > 256)
        {
            errors.Add($"Bif:CpuSlots is {CpuSlots}: give 0 (one per core) to 256.");
        }

        if (UploadMegabytes is < 0 or > 1 << 20)
        {
            errors.Add($"Bif:UploadMegabytes is {UploadMegabytes}: give 0 (no uploads) to {1 << 20}.");
        }

        if (DownloadGigabytes is < 0 or > 1 << 20)
        {
            errors.Add($"Bif:DownloadGigabytes is {DownloadGigabytes}: give 0 (no downloads) to {1 << 20}.");
        }

        if (AdminToken.Length is > 0 and < 16)
        {
            errors.Add("Bif:AdminToken is shorter than 16 characters: give a long random one, such as `openssl rand -hex 16` prints.");
        }

        errors.AddRange(KnownProxies.Where(proxy => !ProxyIdentity.IsProxy(proxy)).Select(proxy => $"Bif:KnownProxies holds \"{proxy}\": give addresses or networks, such as 10.0.0.7 or 10.0.0.0/24."));
        if (ProxyIdentityHeader.Length > 0 && (KnownProxies.Length == 0 || ProxyIdentityHeader.Any(letter => !char.IsAsciiLetterOrDigit(letter) && letter != '-')))
        {
            errors.Add(KnownProxies.Length == 0
                ? "Bif:ProxyIdentityHeader needs Bif:KnownProxies: name the proxies whose word is taken."
                : $"Bif:ProxyIdentityHeader is \"{ProxyIdentityHeader}\", which is no header's name.");
        }

        errors.AddRange(Roots.Where(root => !Directory.Exists(root) && !File.Exists(root) && root != Data).Select(root => $"Bif:Roots names {root}, which is no folder."));
        foreach (var (key, url) in IsWeb ? addresses : [])
        {
            if (!Uri.TryCreate(url.Replace("://*", "://0.0.0.0", StringComparison.Ordinal).Replace("://+", "://0.0.0.0", StringComparison.Ordinal), UriKind.Absolute, out var address))
            {
                errors.Add($"{key} holds \"{url}\", which is no address such as http://localhost:5080.");
            }
            else if (!address.IsLoopback && !IsGuarded)
            {
                errors.Add($"{key} holds {url}, which other machines can reach: set Bif:AdminToken or Bif:ProxyIdentityHeader first, or listen on localhost.");
            }
        }

        return errors;
    }
}
