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
        api.MapPost("/downloads", Place).WithSummary("Fetch a model (hf:OWNER/NAME) or a data set by its name; an order for one that was interrupted goes on");
        api.MapPost("/downloads/cancel", (Order order, DownloadDesk desk) =>
            desk.Cancel(order.What) ? TypedResults.NoContent() : throw new MissingException($"There is no download of \"{order.What}\" going on."))
            .WithSummary("Stop a download; what has arrived is kept");
    }

    private static Accepted<DownloadEntry> Place(Order order, DownloadDesk desk) => TypedResults.Accepted("/api/v1/downloads", desk.Order(order.What));
}
