using Bif.Web.Hosting;
using Bif.Web.Uploads;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Bif.Web.Api;

/// <summary>Uploads of models and data.</summary>
internal static class UploadsApi
{
    /// <summary>Maps the endpoint. The body is the file itself, so that it goes to the disk as it comes.</summary>
    public static void MapUploadsApi(this IEndpointRouteBuilder api) => api.MapPost("/uploads", Take)
        .WithSummary("Store a model or data: the body is a .zip, .csv, .jsonl, .tsv or .txt file, its name is given as ?name=")
        .Accepts<Stream>("application/octet-stream");

    private static async Task<Created<UploadAnswer>> Take(string name, HttpContext context, UploadDesk desk, BifOptions options)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            // The desk counts the bytes itself and says what to do.
            limit.MaxRequestBodySize = desk.MostBytes + (1 << 20);
        }

        var answer = await desk.Take(context.Request.Body, name, null, context.RequestAborted);
        return TypedResults.Created($"/api/v1/library", answer with { Folder = Path.GetRelativePath(options.Data, answer.Folder) });
    }
}
