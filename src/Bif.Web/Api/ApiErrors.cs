using Bif.Data.Storage;
using Microsoft.AspNetCore.Diagnostics;

namespace Bif.Web.Api;

/// <summary>Errors of the HTTP interface as ProblemDetails: what happened and whether to try again, never an exception's text.</summary>
public sealed class ApiErrors(IProblemDetailsService problems) : IExceptionHandler
{
    /// <inheritdoc/>
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        // The request's own path is by now that of the error page.
        if (httpContext.Features.Get<IExceptionHandlerPathFeature>()?.Path.StartsWith("/api/", StringComparison.Ordinal) is not true)
        {
            return false;
        }

        var (status, detail) = exception switch
        {
            BadHttpRequestException bad => (bad.StatusCode, "The request cannot be read: see /openapi/v1.json for what it should hold."),
            _ when DatabaseOutage.Is(exception) => (StatusCodes.Status503ServiceUnavailable, "The database does not answer. Runs go on; try again in a moment."),
            _ => (StatusCodes.Status500InternalServerError, "An error in the program; its log has the details."),
        };
        httpContext.Response.StatusCode = status;
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            httpContext.Response.Headers.RetryAfter = "2";
        }

        return await problems.TryWriteAsync(new() { HttpContext = httpContext, ProblemDetails = { Status = status, Detail = detail } });
    }
}
