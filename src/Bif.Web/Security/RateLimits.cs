using System.Threading.RateLimiting;
using Bif.Web.Components;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Bif.Web.Security;

/// <summary>How often an address may ask; beyond that the answer is 429.</summary>
public static class RateLimits
{
    /// <summary>For what could be guessed: 30 requests a minute and address.</summary>
    public const string Guessing = "guessing";

    /// <summary>For shared reports with their pictures: 600 requests a minute and address.</summary>
    public const string Reports = "reports";

    private const int Guesses = 30;
    private const int Changes = 600;
    private static readonly PartitionedRateLimiter<HttpContext> _wrongTokens = PartitionedRateLimiter.Create<HttpContext, string>(context => PerMinute(context, Guesses));

    /// <summary>Registers them, and one for changes over the HTTP interface: 600 a minute and address.</summary>
    public static void Add(IServiceCollection services) => services.AddRateLimiter(limiter =>
    {
        limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        limiter.OnRejected = async (context, _) => await Refuse(context.HttpContext, "Too many requests from this address: wait a minute.");
        limiter.AddPolicy(Guessing, context => PerMinute(context, Guesses));
        limiter.AddPolicy(Reports, context => PerMinute(context, 600));
        limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context =>
            context.Request.Path.StartsWithSegments("/api") && !HttpMethods.IsGet(context.Request.Method) ? PerMinute(context, Changes) : RateLimitPartition.GetNoLimiter("reading"));
    });

    /// <summary>Counts a wrong token; false beyond 30 a minute and address.</summary>
    internal static bool MayGuess(HttpContext context)
    {
        using var lease = _wrongTokens.AttemptAcquire(context);
        return lease.IsAcquired;
    }

    /// <summary>Answers 429 with a sentence: as a page where one is asked for, as a problem otherwise.</summary>
    internal static Task Refuse(HttpContext context, string sentence)
    {
        context.Response.Headers.RetryAfter = "60";
        return TakesPages(context.Request)
            ? new RazorComponentResult<Notice>(new { Title = "Too many requests", Text = sentence }) { StatusCode = StatusCodes.Status429TooManyRequests }.ExecuteAsync(context)
            : Results.Problem(sentence, statusCode: StatusCodes.Status429TooManyRequests).ExecuteAsync(context);
    }

    /// <summary>Whether a page is what a request asks for: browsers say so, programs rarely.</summary>
    internal static bool TakesPages(HttpRequest request)
        => !request.Path.StartsWithSegments("/api") && request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    private static RateLimitPartition<string> PerMinute(HttpContext context, int permits) => RateLimitPartition.GetFixedWindowLimiter(
        context.Connection.RemoteIpAddress?.ToString() ?? "local", _ => new FixedWindowRateLimiterOptions { PermitLimit = permits, Window = TimeSpan.FromMinutes(1) });
}
