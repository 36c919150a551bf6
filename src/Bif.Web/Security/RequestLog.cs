using System.Diagnostics;

namespace Bif.Web.Security;

/// <summary>
/// Lines about requests, for operators who ask for Microsoft.AspNetCore at level Information. They stand in for the framework's
/// own, whose addresses hold the secrets of reports and of the hub: those are never written.
/// </summary>
public static partial class RequestLog
{
    private const string Category = "Microsoft.AspNetCore.Hosting.Requests";
    private static readonly string[] _framework = ["Microsoft.AspNetCore.Hosting.Diagnostics", "Microsoft.AspNetCore.Builder.ApplicationBuilder"];

    /// <summary>Ends the framework's lines, whatever the settings say of them.</summary>
    public static void Silence(ILoggingBuilder logging)
    {
        foreach (var category in _framework)
        {
            logging.AddFilter(category, LogLevel.Warning);
            logging.AddFilter<Microsoft.Extensions.Logging.Console.ConsoleLoggerProvider>(category, LogLevel.Warning);
        }
    }

    /// <summary>Writes a line when a request has been answered; before everything else.</summary>
    public static void UseRequestLog(this WebApplication app)
    {
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(Category);
        app.Use(async (context, next) =>
        {
            var (request, start) = (context.Request, Stopwatch.GetTimestamp());
            var (method, address) = (request.Method, PathOf(request) + QueryOf(request));
            try
            {
                await next(context);
            }
            finally
            {
                LogRequest(logger, method, address, context.Response.StatusCode, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
        });
    }

    /// <summary>The path, without a report's secret.</summary>
    internal static string PathOf(HttpRequest request) => request.Path.StartsWithSegments("/r") ? "/r/-" : request.Path.Value ?? "";

    /// <summary>The query, or nothing where it holds the admin token.</summary>
    internal static string QueryOf(HttpRequest request)
        => request.QueryString.Value is { } query && !query.Contains("access_token", StringComparison.OrdinalIgnoreCase) ? query : "";

    [LoggerMessage(LogLevel.Information, "{Method} {Address} answered {Status} after {Milliseconds:F0} ms")]
    private static partial void LogRequest(ILogger logger, string method, string address, int status, double milliseconds);
}
