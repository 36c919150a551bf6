using System.Net;

namespace Bif.Engine.Downloads;

/// <summary>How things are fetched.</summary>
public sealed record DownloadSettings
{
    /// <summary>An HTTP proxy (http://host:port, a user and password before an @); null: HTTPS_PROXY, HTTP_PROXY and NO_PROXY apply.</summary>
    public string? Proxy { get; init; }

    /// <summary>Stands in for https://huggingface.co; null: BIF_MIRROR, else HF_ENDPOINT, else the original.</summary>
    public string? Mirror { get; init; }

    /// <summary>A folder on the web that holds the data sets' files under their own names; null: BIF_DATA_MIRROR, else each file's own home.</summary>
    public string? DataMirror { get; init; }

    /// <summary>The most bytes of one download.</summary>
    public long MostBytes { get; init; } = 1L << 42;

    /// <summary>Attempts in a row that bring nothing new before giving up.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>Pause before the second attempt; it doubles with each that fails.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>A connection that brings nothing for this long counts as lost.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The Hugging Face hub or what stands in for it.</summary>
    /// <exception cref="InputException">It is no address.</exception>
    internal Uri Hub => Address(Mirror ?? Variable("BIF_MIRROR") ?? Variable("HF_ENDPOINT") ?? "https://huggingface.co", "the mirror (--mirror, BIF_MIRROR, HF_ENDPOINT)");

    /// <summary>A data set's file: at its home, or in the mirror under its name there.</summary>
    /// <exception cref="InputException">The mirror is no address.</exception>
    internal Uri Data(string home) => (DataMirror ?? Variable("BIF_DATA_MIRROR")) is { } mirror
        ? new(Address(mirror, "the mirror of data sets (--data-mirror, BIF_DATA_MIRROR)"), home[(home.LastIndexOf('/') + 1)..])
        : new(home, UriKind.RelativeOrAbsolute);

    /// <summary>Refuses mirrors that are no addresses, whether or not a download would use them.</summary>
    /// <exception cref="InputException">One is no address.</exception>
    internal void CheckMirrors() => _ = (Hub, Data("any"));

    /// <summary>A client with the proxy; redirections are followed, but never from https to http.</summary>
    /// <exception cref="InputException">The proxy is no address.</exception>
    internal HttpClient Client()
    {
        var handler = new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(20), MaxAutomaticRedirections = 8, AutomaticDecompression = DecompressionMethods.None };
        if (Proxy is not null)
        {
            if (!Uri.TryCreate(Proxy, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https" or "socks5"))
            {
                throw new InputException("The proxy is no address such as http://proxy.example:3128.");
            }

            var user = Uri.UnescapeDataString(address.UserInfo).Split(':', 2);
            handler.Proxy = new WebProxy(new UriBuilder(address) { UserName = "", Password = "" }.Uri)
            {
                Credentials = address.UserInfo.Length == 0 ? null : new NetworkCredential(user[0], user.Length > 1 ? user[1] : ""),
            };
        }

        var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.ParseAdd("bif");
        client.DefaultRequestHeaders.AcceptEncoding.ParseAdd("identity");
        return client;
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static Uri Address(string text, string what) =>
        Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address.UserInfo.Length == 0 && address.Query.Length == 0
            ? address
            : throw new InputException($"{text} is no address for {what}: give one such as https://mirror.example, without a user name.");
}
