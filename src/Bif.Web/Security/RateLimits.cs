using System.Threading.RateLimiting;

namespace Bif.Web.Security;

/// <summary>How often an address may ask.</summary>
public static class RateLimits
{
    /// <summary>For what could be guessed: 30 requests a minute and address.</summary>
    public const string Guessing = "guessing";

    /// <summary>For shared reports with their pictures: 600 requests a minute and address.</summary>
    public const string Reports = "reports";

    /// <summary>Registers both; beyond them the answer is 429.</summary>
    public static void Add(IServiceCollection services) => services.AddRateLimiter(limiter =>
    {
        limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        limiter.AddPolicy(Guessing, context => PerMinute(context, 30));
        limiter.AddPolicy(Reports, context => PerMinute(context, 600));
    });

    private static RateLimitPartition<string> PerMinute(HttpContext context, int permits) => RateLimitPartition.GetFixedWindowLimiter(
        context.Connection.RemoteIpAddress?.ToString() ?? "local", _ => new FixedWindowRateLimiterOptions { PermitLimit = permits, Window = TimeSpan.FromMinutes(1) });
}
