using System.Net;
using Bif.Web.Hosting;
using Microsoft.AspNetCore.HttpOverrides;

namespace Bif.Web.Security;

/// <summary>
/// What a reverse proxy that the operator names (Bif:KnownProxies) says of a request: the address it comes from, its scheme, and
/// who sent it (Bif:ProxyIdentityHeader). The same headers from anybody else are taken off before anything reads them.
/// </summary>
public static class ProxyIdentity
{
    private static readonly object _key = new();

    /// <summary>Reads the headers; before everything that looks at addresses or asks who somebody is.</summary>
    public static void UseProxyIdentity(this IApplicationBuilder app, BifOptions options)
    {
        var proxies = options.KnownProxies.Select(Parse).ToList();
        app.Use((context, next) =>
        {
            var isKnown = context.Connection.RemoteIpAddress is { } peer && proxies.Any(proxy => proxy.Contains(peer.IsIPv4MappedToIPv6 ? peer.MapToIPv4() : peer));
            if (options.ProxyIdentityHeader is { Length: > 0 } header)
            {
                if (isKnown && context.Request.Headers[header].ToString().Trim() is { Length: > 0 } identity)
                {
                    context.Items[_key] = identity;
                }

                context.Request.Headers.Remove(header);
            }

            return next(context);
        });
        if (proxies.Count == 0)
        {
            return;
        }

        var forwarded = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto };
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        proxies.ForEach(forwarded.KnownIPNetworks.Add);
        app.UseForwardedHeaders(forwarded);
    }

    /// <summary>Who the proxy says sent the request, or null.</summary>
    public static string? Of(HttpContext context) => context.Items.TryGetValue(_key, out var identity) ? (string?)identity : null;

    /// <summary>Whether a text names an address or a network, as in 10.0.0.7 or 10.0.0.0/24.</summary>
    public static bool IsProxy(string text) => System.Net.IPNetwork.TryParse(text, out _) || IPAddress.TryParse(text, out _);

    private static System.Net.IPNetwork Parse(string text)
    {
        if (System.Net.IPNetwork.TryParse(text, out var network))
        {
            return network;
        }

        var address = IPAddress.Parse(text);
        return new(address, 8 * address.GetAddressBytes().Length);
    }
}
