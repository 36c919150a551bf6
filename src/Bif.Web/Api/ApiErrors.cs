using Bif.Data.Storage;
using Bif.Engine;
using Microsoft.AspNetCore.Diagnostics;

namespace Bif.Web.Api;

/// <summary>Errors of the HTTP interface as ProblemDetails, each with one sentence: what happened and what to do, never an exception's text.</summary>
public sealed partial class ApiErrors(IProblemDetailsService problems, ILogger<ApiErrors> logger) : IExceptionHandler
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
            BadHttpRequestException bad => (bad.StatusCode, UnreadRequest.Sentence(bad)),
            _ when DatabaseOutage.Is(exception) => (StatusCodes.Status503ServiceUnavailable, "The database does not answer. Runs go on; try again in a moment."),
            _ => (StatusCodes.Status500InternalServerError, "An error in the program; its log has the details."),
        };
        if (status == StatusCodes.Status500InternalServerError)
        {
            // What a handler answers is logged by nobody else.
            LogError(exception, httpContext.Request.Method, httpContext.GetEndpoint()?.DisplayName ?? "an unknown endpoint");
        }

        httpContext.Response.StatusCode = status;
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            httpContext.Response.Headers.RetryAfter = "2";
        }

        return await problems.TryWriteAsync(new() { HttpContext = httpContext, ProblemDetails = { Status = status, Detail = detail } });
    }

    [LoggerMessage(LogLevel.Error, "{Method} at {Endpoint} ended in an error")]
    private partial void LogError(Exception error, string method, string endpoint);

    /// <summary>Answers bad input and what is not there with their own sentences.</summary>
    public static async ValueTask<object?> Answer(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (MissingException error)
        {
            return TypedResults.Problem(error.Message, statusCode: StatusCodes.Status404NotFound, title: "This is not there");
        }
        catch (InputException error)
        {
            return TypedResults.Problem(error.Message, statusCode: StatusCodes.Status400BadRequest, title: "This cannot be done as asked");
        }
    }

    /// <summary>Gives an answer that nobody wrote a sentence for the one of its status.</summary>
    public static void Complete(ProblemDetailsContext context)
    {
        var (request, response) = (context.HttpContext.Request, context.HttpContext.Response);
        context.ProblemDetails.Detail ??= context.ProblemDetails.Status switch
        {
            StatusCodes.Status400BadRequest => UnreadRequest.Usual,
            StatusCodes.Status404NotFound when request.Path.StartsWithSegments("/r") => "There is no such part of a report, or the link is wrong, has expired, or was ended by its owner.",
            StatusCodes.Status404NotFound => $"There is nothing at {request.Path}: /openapi/v1.json lists what there is.",
            StatusCodes.Status405MethodNotAllowed => $"{request.Path} does not take {request.Method}{(response.Headers.Allow.ToString() is { Length: > 0 } allowed ? $": it takes {allowed}" : "")}.",
            StatusCodes.Status413PayloadTooLarge => UnreadRequest.TooLarge,
            StatusCodes.Status415UnsupportedMediaType => UnreadRequest.WrongKind,
            _ => null,
        };
    }
}
