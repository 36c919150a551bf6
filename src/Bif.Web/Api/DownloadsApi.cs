using Bif.Web.Downloads;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Bif.Web.Api;

/// <summary>Models and data sets that are fetched from the network.</summary>
internal static class DownloadsApi
{
    /// <summary>What to fetch.</summary>
    internal sealed record Order(string What);

    /// <summary>Maps the endpoints.</summary>
    public static void MapDownloadsApi(this IEndpointRouteBuilder api)
    {
        api.MapGet("/downloads", (DownloadDesk desk) => desk.Entries).WithSummary("Downloads of models and data sets, with their progress");
        api.MapPost("/downloads", Place).WithSummary("Fetch a model (hf:OWNER/NAME) or a data set by its name; an order for one that was interrupted goes on").ProducesProblem(400);
        api.MapPost("/downloads/cancel", Results<NoContent, ProblemHttpResult> (Order order, DownloadDesk desk) =>
            desk.Cancel(order.What) ? TypedResults.NoContent() : TypedResults.Problem("There is no such download going on.", statusCode: StatusCodes.Status404NotFound))
            .WithSummary("Stop a download; what has arrived is kept").ProducesProblem(404);
    }

    private static Accepted<DownloadEntry> Place(Order order, DownloadDesk desk) => TypedResults.Accepted("/api/v1/downloads", desk.Order(order.What ?? ""));
}
