using Bif.Data.Storage;
using Bif.Engine;
using Bif.Web.Browsing;
using Bif.Web.Hosting;
using Bif.Web.Jobs;
using Bif.Web.Reports;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Bif.Web.Api;

/// <summary>A ranking as programs get it.</summary>
/// <param name="Query">Index of the query.</param>
/// <param name="Description">Its class or target.</param>
/// <param name="Sign">How to read the scores.</param>
/// <param name="IsFinal">Whether the run is finished.</param>
/// <param name="Draws">Draws behind the scores.</param>
/// <param name="NoiseFloor">The correlation that chance reaches in the best item.</param>
/// <param name="Helpful">The most helpful items.</param>
/// <param name="Harmful">The most harmful items.</param>
public sealed record TopAnswer(
    int Query, string Description, string Sign, bool IsFinal, int Draws, double? NoiseFloor, IReadOnlyList<RankedItem> Helpful, IReadOnlyList<RankedItem> Harmful);

/// <summary>A report that a program asks for.</summary>
/// <param name="Run">The run.</param>
/// <param name="Query">Index of the query.</param>
/// <param name="Title">Heading, or null.</param>
/// <param name="Days">How many days the link works, 1 to 3650; null: until revoked.</param>
/// <param name="Token">Texts: number of the query's unit that is chosen at first; null: all of the query.</param>
/// <param name="By">Texts: token, word, sentence or passage.</param>
/// <param name="View">Texts: full, or partial: without the common mode.</param>
/// <param name="Side">Texts: helpful or harmful passages.</param>
public sealed record NewReport(Guid Run, int Query, string? Title = null, int? Days = null, int? Token = null, string? By = null, string? View = null, string? Side = null);

/// <summary>A report just taken.</summary>
/// <param name="Id">For revoking it.</param>
/// <param name="Url">The secret link, relative to this host; it is told only here.</param>
public sealed record ReportAnswer(Guid Id, string Url);

/// <summary>More draws of a finished run.</summary>
/// <param name="Draws">Draws per chain in all.</param>
public sealed record MoreDraws(int Draws);

/// <summary>A query to add to a finished run.</summary>
/// <param name="Item">Index of the training item that is asked about.</param>
public sealed record NewQuery(int Item);

/// <summary>A passage to ask about as a query of a finished run.</summary>
/// <param name="Text">The passage.</param>
public sealed record NewPassage(string Text);

/// <summary>A query just added.</summary>
/// <param name="Query">Its index among the run's queries.</param>
public sealed record AddedAnswer(int Query);

/// <summary>The HTTP interface under /api/v1; errors are ProblemDetails.</summary>
public static class RunsApi
{
    /// <summary>Maps the endpoints.</summary>
    public static void MapRunsApi(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("/api/v1").WithTags("runs");
        api.AddEndpointFilter(ApiErrors.Answer);
        api.MapGet("/runs", async (RunReader reader, int? count, CancellationToken cancellation) => await reader.Recent(Math.Clamp(count ?? 50, 1, 500), cancellation))
            .WithSummary("The newest runs");
        api.MapPost("/runs", Submit).WithSummary("Queue a run");
        api.MapGet("/runs/{id:guid}", Find).WithSummary("State, chains, settings, verdict of a run");
        api.MapDelete("/runs/{id:guid}", Delete).WithSummary("Remove a run that has ended, with its draws and scores; shared reports stay").ProducesProblem(409);
        api.MapPost("/runs/{id:guid}/cancel", Cancel).WithSummary("Stop a run; complete blocks of draws are kept").ProducesProblem(409);
        api.MapPost("/runs/{id:guid}/resume", Resume).WithSummary("Continue a cancelled or failed run").ProducesProblem(409);
        api.MapPost("/runs/{id:guid}/draws", AddDraws).WithSummary("Add draws to a finished run, as if it had been ordered with them");
        api.MapGet("/runs/{id:guid}/losses", Losses).WithSummary("Mean training loss of each draw in nats, by chain");
        api.MapGet("/runs/{id:guid}/queries/{query:int}/top", Top).WithSummary("The most helpful and most harmful training items of a query");
        api.MapGet("/runs/{id:guid}/items/{item:int}/image", ItemImage).WithSummary("The picture of a training item").Produces<FileContentHttpResult>(200, "image/png");
        api.MapGet("/runs/{id:guid}/queries/{query:int}/image", QueryImage).WithSummary("The picture of a query").Produces<FileContentHttpResult>(200, "image/png");
        api.MapPost("/runs/{id:guid}/queries", AskItem).WithSummary("Ask about a training item as a query of a finished run, at the run's own draws");
        api.MapPost("/runs/{id:guid}/queries/picture", AskPicture).WithSummary("Ask about a picture (JPEG, PNG, WebP) as a query of a finished run").DisableAntiforgery();
        api.MapPost("/runs/{id:guid}/queries/text", AskText).WithSummary("Ask about a passage as a query of a finished run on texts");
        api.MapGet("/runs/{id:guid}/queries/{query:int}", FindQuery).WithSummary("State of a query that was added");
        api.MapPost("/runs/{id:guid}/queries/{query:int}/cancel", CancelQuery).WithSummary("Stop answering a query that was added").ProducesProblem(409);
        api.MapPost("/estimates", async (NewRun wanted, EstimateDesk desk, CancellationToken cancellation) => await desk.Estimate(wanted, null, cancellation))
            .WithSummary("What a run would cost; nothing is queued");
        api.MapGet("/workers", async (WorkerList workers, CancellationToken cancellation) => await workers.Read(cancellation)).WithSummary("Processes that run chains");
        api.MapGet("/library", (Catalog catalog) => catalog.Scan()).WithSummary("Models and data under the allowed folders");
        api.MapGet("/library/picture", LibraryPicture).WithSummary("A picture of data under the allowed folders, as a model would see it").Produces<FileContentHttpResult>(200, "image/png");
        api.MapPost("/reports", TakeReport).WithSummary("Take a snapshot of a ranking to share");
        api.MapTextApi();
        api.MapUploadsApi();
        api.MapDownloadsApi();
        api.MapTasksApi();
        api.MapGridsApi();
        api.MapDelete("/reports/{id:guid}", RevokeReport).WithSummary("End a report's link");
    }

    private static async Task<Created<RunStatus>> Submit(NewRun wanted, RunDesk desk, RunReader reader, CancellationToken cancellation)
    {
        var id = await desk.Submit(wanted, cancellation);
        return TypedResults.Created($"/api/v1/runs/{id}", await reader.Find(id, cancellation));
    }

    private static async Task<Ok<RunStatus>> Find(Guid id, RunReader reader, CancellationToken cancellation)
        => TypedResults.Ok(await Known(id, reader, cancellation));

    private static async Task<Results<Accepted, ProblemHttpResult>> Cancel(Guid id, RunQueue queue, RunReader reader, CancellationToken cancellation)
    {
        await Known(id, reader, cancellation);
        return await queue.Cancel(id, cancellation)
            ? TypedResults.Accepted($"/api/v1/runs/{id}")
            : TypedResults.Problem("This run has ended already.", statusCode: StatusCodes.Status409Conflict);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> Delete(Guid id, RunDesk desk, CancellationToken cancellation) => await desk.Delete(id, cancellation)
        ? TypedResults.NoContent()
        : TypedResults.Problem("Somebody works on this run: cancel it, its queries and its tasks first.", statusCode: StatusCodes.Status409Conflict);

    private static async Task<Results<Accepted, ProblemHttpResult>> Resume(Guid id, RunQueue queue, RunReader reader, CancellationToken cancellation)
    {
        await Known(id, reader, cancellation);
        return await queue.Resume(id, cancellation)
            ? TypedResults.Accepted($"/api/v1/runs/{id}")
            : TypedResults.Problem("Only a cancelled or failed run can be continued.", statusCode: StatusCodes.Status409Conflict);
    }

    private static async Task<Accepted> AddDraws(Guid id, MoreDraws wanted, RunDesk desk, CancellationToken cancellation)
    {
        await desk.AddDraws(id, wanted.Draws, cancellation);
        return TypedResults.Accepted($"/api/v1/runs/{id}");
    }

    private static async Task<Ok<IReadOnlyList<float[]>>> Losses(Guid id, RunReader reader, CancellationToken cancellation)
    {
        await Known(id, reader, cancellation);
        return TypedResults.Ok(await reader.Losses(id, cancellation));
    }

    private static async Task<RunStatus> Known(Guid id, RunReader reader, CancellationToken cancellation)
        => await reader.Find(id, cancellation) ?? throw MissingException.Run(id);

    private static async Task<Ok<TopAnswer>> Top(
        Guid id, int query, int? k, string? sort, RunLibrary library, Pictures pictures, CancellationToken cancellation)
    {
        if (sort is not null && !RankingChoice.Sorts.Contains(sort))
        {
            throw new InputException($"sort is {sort}: give one of {string.Join(", ", RankingChoice.Sorts)}.");
        }

        if (k is < 1 or > RankingChoice.MostItems)
        {
            throw new InputException($"k is {k}: give 1 to {RankingChoice.MostItems}.");
        }

        var run = await library.Get(id, cancellation);
        var scores = await library.Scores(id, query, cancellation) ?? throw MissingException.Ranking(query, run.QueryCount);
        var prints = pictures.Fingerprints(run.Record);
        IReadOnlyList<RankedItem> Side(string side) => RankingView.Of(run, scores, new RankingChoice(query, side, Size: k ?? 20, Sort: sort ?? RankingChoice.Sorts[0]), prints).Items;
        return TypedResults.Ok(new TopAnswer(
            query, run.DescribeQuery(query), run.Record.Sign, run.IsFinal, run.ScoreDraws, run.NoiseFloor, Side("helpful"), Side("harmful")));
    }

    private static async Task<IResult> ItemImage(Guid id, int item, RunLibrary library, Pictures pictures, HttpContext context)
        => Image(pictures.Png((await library.Get(id, context.RequestAborted)).Record, isQuery: false, item), $"training item {item} of this run", context);

    private static async Task<IResult> QueryImage(Guid id, int query, RunLibrary library, Pictures pictures, HttpContext context)
    {
        var run = await library.Get(id, context.RequestAborted);
        return Image(
            run.AddedAt(query) is null ? pictures.Png(run.Record, isQuery: true, query) : await library.AddedPicture(id, query, context.RequestAborted), $"query {query} of this run", context);
    }

    // Items of a run never change: their data is identified by its hash.
    private static IResult Image(byte[]? png, string what, HttpContext context)
    {
        if (png is null)
        {
            throw new MissingException($"There is no picture of {what}: it is not there, is no picture, or its data has changed or gone.");
        }

        context.Response.Headers.CacheControl = "private, max-age=31536000, immutable";
        return Results.Bytes(png, "image/png");
    }

    private static IResult LibraryPicture(string model, string data, int item, PathGuard guard, Pictures pictures, HttpContext context)
        => Image(pictures.Png(guard.Resolve(model), guard.ResolveData(data), item), $"item {item} there", context);

    private static async Task<Accepted<AddedAnswer>> AskItem(Guid id, NewQuery wanted, QueryDesk desk, CancellationToken cancellation)
        => Added(id, await desk.AskItem(id, wanted.Item, cancellation));

    private static async Task<Accepted<AddedAnswer>> AskText(Guid id, NewPassage wanted, QueryDesk desk, CancellationToken cancellation)
        => Added(id, await desk.AskText(id, wanted.Text, cancellation));

    private static async Task<Accepted<AddedAnswer>> AskPicture(Guid id, IFormFile file, int? label, QueryDesk desk, CancellationToken cancellation)
    {
        if (file.Length > QueryDesk.LargestPicture)
        {
            throw new InputException($"The picture has {file.Length >> 20} MiB; at most {QueryDesk.LargestPicture >> 20} are taken.");
        }

        using var bytes = new MemoryStream();
        await file.CopyToAsync(bytes, cancellation);
        return Added(id, await desk.AskPicture(id, bytes.ToArray(), file.FileName, label, cancellation));
    }

    private static Accepted<AddedAnswer> Added(Guid id, int query) => TypedResults.Accepted($"/api/v1/runs/{id}/queries/{query}", new AddedAnswer(query));

    private static async Task<Ok<AddedQueryStatus>> FindQuery(Guid id, int query, RunLibrary library, CancellationToken cancellation)
        => TypedResults.Ok(await Added(id, query, library, cancellation));

    private static async Task<Results<Accepted, ProblemHttpResult>> CancelQuery(Guid id, int query, QueryDesk desk, RunLibrary library, CancellationToken cancellation)
    {
        await Added(id, query, library, cancellation);
        return await desk.Cancel(id, query)
            ? TypedResults.Accepted($"/api/v1/runs/{id}/queries/{query}")
            : TypedResults.Problem("This query has ended already.", statusCode: StatusCodes.Status409Conflict);
    }

    private static async Task<AddedQueryStatus> Added(Guid id, int query, RunLibrary library, CancellationToken cancellation)
        => (await library.Get(id, cancellation)).AddedAt(query) ?? throw new MissingException($"No query {query} was added to this run.");

    private static async Task<Created<ReportAnswer>> TakeReport(NewReport wanted, ReportDesk desk, CancellationToken cancellation)
    {
        if (wanted.Days is < 1 or > 3650)
        {
            throw new InputException("days must be 1 to 3650, or left out.");
        }

        var taken = await desk.Take(wanted.Run, wanted.Query, wanted.Title, wanted.Days is { } days ? TimeSpan.FromDays(days) : null, cancellation, TextChoice.From(wanted.Query, wanted.Token, wanted.By, wanted.View, wanted.Side));
        return TypedResults.Created($"/r/{taken.Token}", new ReportAnswer(taken.Id, $"/r/{taken.Token}"));
    }

    private static async Task<NoContent> RevokeReport(Guid id, ReportDesk desk, CancellationToken cancellation)
        => await desk.Revoke(id, cancellation) ? TypedResults.NoContent() : throw new MissingException($"There is no report {id} whose link still works.");
}
