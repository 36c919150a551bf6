using System.Diagnostics;

namespace Bif.Web.Security;

/// <summary>
/// Headers of every answer: scripts only from files of this host, no sniffing, no framing except of reports' embeds, no
/// referrer that could carry a report's token.
/// </summary>
public static class SecurityHeaders
{
    // Plotly and progress bars set inline styles; scripts are files only.
    private const string Policy = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        + "connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors ";

    /// <summary>Adds the headers.</summary>
    public static void UseSecurityHeaders(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        // Addresses of reports and of the hub carry secrets: they are not for the traces that a collector keeps.
        Activity.Current?.SetTag("url.path", RequestLog.PathOf(context.Request));
        if (RequestLog.QueryOf(context.Request).Length == 0)
        {
            Activity.Current?.SetTag("url.query", null);
        }

        var isEmbed = context.Request.Path.StartsWithSegments("/r") && context.Request.Query.ContainsKey("embed");
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy + (isEmbed ? "*" : "'none'");
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        if (!isEmbed)
        {
            headers.XFrameOptions = "DENY";
        }

        return next();
    });
}
