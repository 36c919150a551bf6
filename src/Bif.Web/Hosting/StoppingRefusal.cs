namespace Bif.Web.Hosting;

/// <summary>Answers 503 once the server stops.</summary>
internal static class StoppingRefusal
{
    /// <summary>
    /// A page whose connection ends tries again at once. Taken in by a server that has just closed all others, the new connection would hold
    /// up the stop for the whole of the time allowed to it.
    /// </summary>
    public static void UseStoppingRefusal(this WebApplication app)
    {
        var stopping = app.Lifetime.ApplicationStopping;
        app.Use((context, next) =>
        {
            if (!stopping.IsCancellationRequested)
            {
                return next(context);
            }

            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.Connection = "close";
            return Task.CompletedTask;
        });
    }
}
