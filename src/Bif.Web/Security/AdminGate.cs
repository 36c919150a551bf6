using System.Security.Cryptography;
using System.Text;
using Bif.Web.Hosting;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Mvc;

namespace Bif.Web.Security;

/// <summary>
/// Where an admin token is configured, everything but shared reports, health and static files asks for it: as a bearer token, or as
/// a cookie that the sign-in page sets; where a proxy tells who somebody is, that does as well. Without either the application
/// listens on this machine only. Changes that another site's page sends, and its WebSockets, are refused in any case.
/// </summary>
public static class AdminGate
{
    private const string Cookie = "bif-admin";

    /// <summary>Adds the gate; after routing, before the endpoints.</summary>
    public static void UseAdminGate(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        var options = context.RequestServices.GetRequiredService<BifOptions>();
        if (IsForeign(context.Request))
        {
            await Results.Problem("Changes from other sites' pages are refused.", statusCode: StatusCodes.Status403Forbidden).ExecuteAsync(context);
        }
        else if (!options.IsGuarded || context.GetEndpoint()?.Metadata.GetMetadata<OpenToAllAttribute>() is not null || IsFile(context)
            || ProxyIdentity.Of(context) is not null || Knows(context.Request, options.AdminToken))
        {
            await next();
        }
        else if (options.AdminToken.Length == 0)
        {
            await Results.Problem("Come through the proxy that signs people in.", statusCode: StatusCodes.Status401Unauthorized).ExecuteAsync(context);
        }
        else if (Guesses(context.Request) && !RateLimits.MayGuess(context))
        {
            await RateLimits.Refuse(context, "Too many wrong tokens from this address: wait a minute.");
        }
        else if (IsForPrograms(context.Request))
        {
            await Results.Problem("Send the admin token as a bearer token.", statusCode: StatusCodes.Status401Unauthorized).ExecuteAsync(context);
        }
        else
        {
            if (context.Request.Cookies.ContainsKey(Cookie))
            {
                // It proves an earlier token: sent with every request it would soon count as guessing.
                context.Response.Cookies.Delete(Cookie);
            }

            context.Response.Redirect($"/sign-in?to={Uri.EscapeDataString(context.Request.Path + context.Request.QueryString)}");
        }
    });

    /// <summary>Maps the sign-in form, and the way out again.</summary>
    public static void MapSignIn(this IEndpointRouteBuilder endpoints)
    {
        // The form's own token is looked at here: one that is missing or stale gives a new form rather than an error.
        endpoints.MapPost("/sign-in", async (HttpContext context, IAntiforgery antiforgery, BifOptions options, [FromForm] string? token, [FromForm] string? to) =>
        {
            if (!await antiforgery.IsRequestValidAsync(context))
            {
                return Results.Redirect("/sign-in?stale=1&to=" + Uri.EscapeDataString(to ?? "/"));
            }

            if (options.AdminToken.Length == 0 || !Matches(token, options.AdminToken))
            {
                return Results.Redirect("/sign-in?wrong=1&to=" + Uri.EscapeDataString(to ?? "/"));
            }

            context.Response.Cookies.Append(Cookie, Proof(options.AdminToken), new CookieOptions
            {
                HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = context.Request.IsHttps, MaxAge = TimeSpan.FromDays(30), IsEssential = true,
            });
            return Results.LocalRedirect(to is { Length: > 0 } && to[0] == '/' && !to.StartsWith("//", StringComparison.Ordinal) && !to.StartsWith("/\\", StringComparison.Ordinal) ? to : "/");
        }).WithMetadata(new OpenToAllAttribute()).RequireRateLimiting(RateLimits.Guessing).DisableAntiforgery().ExcludeFromDescription();
        endpoints.MapPost("/sign-out", (HttpContext context) =>
        {
            context.Response.Cookies.Delete(Cookie);
            return Results.Redirect("/sign-in");
        }).WithMetadata(new OpenToAllAttribute()).ExcludeFromDescription();
    }

    // Changes, and the connections over which changes are made. Browsers say where a request comes from ("null" where they hide
    // it); programs send neither header.
    private static bool IsForeign(HttpRequest request)
    {
        if ((HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)) && !request.Headers.Upgrade.ToString().Contains("websocket", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        return request.Headers["Sec-Fetch-Site"].ToString() is "cross-site" or "same-site"
            || (request.Headers.Origin.ToString() is { Length: > 0 } origin && (!Uri.TryCreate(origin, UriKind.Absolute, out var from) || from.Authority != request.Host.Value));
    }

    // A person who opens the interface's description in a browser is asked to sign in.
    private static bool IsForPrograms(HttpRequest request) => request.Path.StartsWithSegments("/api") || request.Path.StartsWithSegments("/hubs")
        || (request.Path.StartsWithSegments("/openapi") && !RateLimits.TakesPages(request));

    // A file of the site, or nothing at all: what a report's link is lengthened by is not for the sign-in page's address.
    private static bool IsFile(HttpContext context) => context.GetEndpoint() is null
        ? Path.HasExtension(context.Request.Path) || context.Request.Path.StartsWithSegments("/r")
        : context.GetEndpoint()!.Metadata.Any(each => each.GetType().Name == "StaticAssetDescriptor");

    // What Knows looks at, whatever it found there.
    private static bool Guesses(HttpRequest request) => request.Headers.Authorization.Count > 0
        || (request.Path.StartsWithSegments("/hubs") && request.Query.ContainsKey("access_token"))
        || request.Cookies.ContainsKey(Cookie);

    // Browsers cannot send a header with a WebSocket: the hub's client sends the token in the query there.
    private static bool Knows(HttpRequest request, string token) => token.Length > 0
        && ((request.Headers.Authorization.ToString() is var header && header.StartsWith("Bearer ", StringComparison.Ordinal) && Matches(header["Bearer ".Length..], token))
            || (request.Path.StartsWithSegments("/hubs") && Matches(request.Query["access_token"], token))
            || (request.Cookies.TryGetValue(Cookie, out var cookie) && Matches(cookie, Proof(token))));

    // The cookie is no copy of the token: who reads it cannot sign in elsewhere with it, and a changed token ends it.
    private static string Proof(string token) => Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(token), "bif admin cookie"u8));

    private static bool Matches(string? given, string wanted)
        => given is not null && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given)), SHA256.HashData(Encoding.UTF8.GetBytes(wanted)));
}

/// <summary>Marks an endpoint that needs no admin token.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class OpenToAllAttribute : Attribute;
