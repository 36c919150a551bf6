using Bif.Engine.Retraining;
using Bif.Kernels;
using Bif.Web.Browsing;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Bif.Web.Api;

/// <summary>Quality over shares of the data, as <c>bif grid</c> measured it.</summary>
internal static class GridsApi
{
    /// <summary>Maps the endpoints.</summary>
    public static void MapGridsApi(this IEndpointRouteBuilder api)
    {
        api.MapGet("/grids", (GridLibrary grids) => grids.All().Grids).WithSummary("Grids of LDS over shares of the data, newest first");
        api.MapGet("/grids/{name}", Find).WithSummary("One of them");
        api.MapGet("/grids/{name}/figure.svg", Svg).WithSummary("Its figure: lines with error bars, one per method");
        api.MapGet("/grids/{name}/figure.png", Png).WithSummary("The same as PNG");
    }

    private static Results<Ok<Grid>, NotFound> Find(string name, GridLibrary grids)
        => grids.Find(name) is { } grid ? TypedResults.Ok(grid) : TypedResults.NotFound();

    private static Results<ContentHttpResult, NotFound> Svg(string name, GridLibrary grids)
        => grids.Find(name) is { } grid ? TypedResults.Content(QualityFigure.Draw(grid.Cells), "image/svg+xml") : TypedResults.NotFound();

    private static Results<FileContentHttpResult, NotFound> Png(string name, GridLibrary grids)
        => grids.Find(name) is { } grid ? TypedResults.Bytes(Images.DrawSvg(QualityFigure.Draw(grid.Cells)), "image/png") : TypedResults.NotFound();
}
