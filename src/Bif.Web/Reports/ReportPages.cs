using System.Runtime.InteropServices;
using System.Text;
using Bif.Data.Storage;
using Bif.Engine.Arrays;
using Bif.Engine.Runs;
using Bif.Web.Components;
using Bif.Web.Components.Reports;
using Bif.Web.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Bif.Web.Reports;

/// <summary>Shared reports at /r/{token}: static pages that need no script, and no login, open to all who know the token, never indexed.</summary>
public static class ReportPages
{
    /// <summary>Maps page, pictures and exports.</summary>
    public static void MapReports(this IEndpointRouteBuilder endpoints)
    {
        var group = endpoints.MapGroup("/r/{token}").WithMetadata(new OpenToAllAttribute()).RequireRateLimiting(RateLimits.Reports).ExcludeFromDescription();
        group.AddEndpointFilter(async (context, next) =>
        {
            context.HttpContext.Response.Headers["X-Robots-Tag"] = "noindex, nofollow";
            context.HttpContext.Response.Headers.CacheControl = "private, no-store";
            return await next(context);
        });
        group.MapGet("", Page);
        group.MapGet("images/{name}", Picture);
        group.MapGet("shades", Shades);
        group.MapGet("report.json", Json);
        group.MapGet("scores.csv", Csv);
        group.MapGet("{vector}.npy", Vector);
    }

    private static async Task<IResult> Page(string token, string? embed, ReportDesk desk, CancellationToken cancellation)
        => await desk.Open(token, cancellation) is { } open
            ? new RazorComponentResult<ReportDocument>(new { Token = token, open.Report, open.Content, IsEmbed = embed is not null })
            : new RazorComponentResult<Notice>(new { Title = "There is no report here", Text = "The link is wrong, it has expired, or its owner has ended it." }) { StatusCode = StatusCodes.Status404NotFound };

    private static async Task<IResult> Picture(string token, string name, ReportDesk desk, CancellationToken cancellation)
        => await desk.Open(token, cancellation) is { } open && await desk.Picture(open.Report.Id, name, cancellation) is { } png
            ? Results.Bytes(png, "image/png")
            : Results.NotFound();

    private static async Task<IResult> Shades(string token, ReportDesk desk, CancellationToken cancellation)
        => await desk.Open(token, cancellation) is { } open && await desk.Shades(open.Report.Id, cancellation) is { } shades
            ? Results.Bytes(shades, "application/octet-stream")
            : Results.NotFound();

    private static async Task<IResult> Json(string token, ReportDesk desk, CancellationToken cancellation)
        => await desk.Open(token, cancellation) is { } open
            ? Results.Json(new { title = open.Report.Title, taken_at = open.Report.CreatedAt, report = open.Content }, RunRecord.Json)
            : Results.NotFound();

    private static async Task<IResult> Csv(string token, ReportDesk desk, CancellationToken cancellation)
    {
        if (await desk.Open(token, cancellation) is not { } open)
        {
            return Results.NotFound();
        }

        var (correlation, error) = (Floats.FromBytes(open.Report.Correlation), Floats.FromBytes(open.Report.CorrelationError));
        var (bif, bifError) = (Floats.FromBytes(open.Report.Bif), Floats.FromBytes(open.Report.BifError));
        var labels = open.Report.Labels is { } bytes ? MemoryMarshal.Cast<byte, int>(bytes).ToArray() : null;
        var names = open.Content.Classes.ToDictionary(each => each.Label, each => CsvCell.Of(each.Name));
        var text = new StringBuilder("item,correlation,correlation_se,bif,bif_se,label,class\n");
        for (var item = 0; item < correlation.Length; item++)
        {
            text.Append(item).Append(',').Append(correlation[item]).Append(',').Append(error[item]).Append(',').Append(bif[item]).Append(',').Append(bifError[item])
                .Append(',').Append(labels?[item]).Append(',').Append(labels is null ? null : names.GetValueOrDefault(labels[item])).Append('\n');
        }

        return Results.File(Encoding.UTF8.GetBytes(text.ToString()), "text/csv", "scores.csv");
    }

    private static async Task<IResult> Vector(string token, string vector, ReportDesk desk, CancellationToken cancellation)
    {
        if (await desk.Open(token, cancellation) is not { } open)
        {
            return Results.NotFound();
        }

        var bytes = vector switch
        {
            "correlation" => open.Report.Correlation,
            "correlation_se" => open.Report.CorrelationError,
            "bif" => open.Report.Bif,
            "bif_se" => open.Report.BifError,
            _ => null,
        };
        return bytes is null ? Results.NotFound() : Results.File(Npy(bytes), "application/octet-stream", vector + ".npy");
    }

    // NumPy's format, version 1.0: magic, length of the header, header padded to a multiple of 64, values.
    private static byte[] Npy(byte[] values)
    {
        var header = $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({values.Length / sizeof(float)},), }}";
        header = header.PadRight(((10 + header.Length + 1 + 63) / 64 * 64) - 11) + "\n";
        var length = (ushort)header.Length;
        return [0x93, .. "NUMPY"u8, 1, 0, .. MemoryMarshal.AsBytes([length]), .. Encoding.ASCII.GetBytes(header), .. values];
    }
}
