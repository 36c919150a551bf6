using System.Runtime.InteropServices;
using Bif.Engine;
using Bif.Engine.Evaluation;
using Bif.Web.Browsing;
using Microsoft.AspNetCore.Mvc;

namespace Bif.Web.Api;

/// <summary>What the endpoints of tokens take.</summary>
/// <param name="Token">Number of the query's unit that is asked about; left out: all of the query.</param>
/// <param name="By">token, word, sentence or passage: what is compared.</param>
/// <param name="View">full, or partial: without the common mode.</param>
/// <param name="Side">helpful or harmful: which come first.</param>
/// <param name="Order">unit or passage: whether passages are ranked by their strongest unit or as wholes.</param>
/// <param name="Find">Only passages that contain this.</param>
public sealed record TokenWish(
    [FromQuery(Name = "token")] int? Token,
    [FromQuery(Name = "by")] string? By,
    [FromQuery(Name = "view")] string? View,
    [FromQuery(Name = "side")] string? Side,
    [FromQuery(Name = "order")] string? Order,
    [FromQuery(Name = "find")] string? Find)
{
    /// <summary>The same, understood.</summary>
    /// <exception cref="InputException">A word is unknown.</exception>
    public TextChoice Of(int query) => TextChoice.From(query, Token, By, View, Side, Order, Find);
}

/// <summary>
/// The HTTP interface to tokens: finished runs with per-token traces. Numbers for drawing come as binary where asked for with
/// <c>format=bin</c>: little-endian int32 and float32, as each endpoint says.
/// </summary>
public static class TextApi
{
    private const string Binary = "application/octet-stream";

    /// <summary>Maps the endpoints below /api/v1.</summary>
    public static void MapTextApi(this IEndpointRouteBuilder api)
    {
        api.MapGet("/runs/{id:guid}/partners", Partners).WithSummary("How often the word most related to a query's is its known translation, spelling or the like; for runs whose data say which are").Produces<PartnerRecord>().ProducesProblem(404);
        var group = api.MapGroup("/runs/{id:guid}/queries/{query:int}/tokens");
        group.MapGet("", Query).WithSummary("A query's text in tokens, words or sentences, with their places and losses").Produces<QueryText>();
        group.MapGet("/top", Related).WithSummary("The tokens, words or sentences of the corpus most related to one of the query's").Produces<RelatedAnswer>();
        group.MapGet("/passages", Passages).WithSummary("The training passages most related to a token, word or sentence of the query").Produces<PassagesAnswer>();
        group.MapGet("/shades", Shades).WithSummary("Scores of one unit of the query against all units of training items (items=1,2,3). Binary: items, then for each item, units, correlations, errors, BIF")
            .Produces<IReadOnlyList<ItemShades>>();
        group.MapGet("/matrix", Matrix).WithSummary("Scores of all units of the query against those of a training item. Binary: rows, columns, all rows, all columns, correlations, errors, BIF, each row after row")
            .Produces<MatrixPart>();
    }

    private static async Task<IResult> Partners(Guid id, RunLibrary runs, PartnerLibrary partners, CancellationToken cancellation)
        => await runs.Find(id, cancellation) is { } run && await partners.Find(run, cancellation) is { } record ? Results.Ok(record) : Results.NotFound();

    private static Task<IResult> Query(Guid id, int query, [AsParameters] TokenWish wish, TextLibrary library, CancellationToken cancellation)
        => With(library, id, query, texts =>
        {
            var text = TextLibrary.Query(texts, wish.Of(query));
            return wish.Token is { } token && (token < 0 || token >= text.Units.Count)
                ? throw new InputException($"There is no {wish.By ?? "token"} {token} in query {query}: it has {text.Units.Count} of them, 0 to {text.Units.Count - 1}.")
                : Task.FromResult(Results.Ok(text));
        }, cancellation);

    private static Task<IResult> Related(Guid id, int query, int? k, [AsParameters] TokenWish wish, TextLibrary library, CancellationToken cancellation)
        => With(library, id, query, async texts => Results.Ok(await library.Related(texts, wish.Of(query), k ?? 20, cancellation)), cancellation);

    private static Task<IResult> Passages(Guid id, int query, int? page, int? size, [AsParameters] TokenWish wish, TextLibrary library, CancellationToken cancellation)
        => With(library, id, query, async texts => Results.Ok(await library.Passages(texts, wish.Of(query), page ?? 1, size ?? TextLibrary.PageSize, cancellation)), cancellation);

    private static Task<IResult> Shades(Guid id, int query, string items, string? format, [AsParameters] TokenWish wish, TextLibrary library, CancellationToken cancellation)
        => With(library, id, query, async texts =>
        {
            var wanted = items.Split(',').Select(text => int.TryParse(text, out var item) ? item : throw new InputException($"items holds \"{text}\", which is no number.")).ToList();
            var shades = await Task.Run(() => TextLibrary.Shades(texts, wish.Of(query), wanted), cancellation);
            return format == "bin"
                ? Results.Bytes(Bytes(writer =>
                {
                    writer.Write(shades.Count);
                    foreach (var each in shades)
                    {
                        writer.Write(each.Item);
                        writer.Write(each.Correlation.Length);
                        Write(writer, each.Correlation, each.CorrelationError, each.Bif);
                    }
                }), Binary)
                : Results.Ok(shades);
        }, cancellation);

    private static Task<IResult> Matrix(
        Guid id, int query, int item, int? row, int? rows, int? column, int? columns, string? format, [AsParameters] TokenWish wish, TextLibrary library, CancellationToken cancellation)
        => With(library, id, query, async texts =>
        {
            var part = await Task.Run(() => TextLibrary.Matrix(texts, wish.Of(query), item, (row ?? 0, rows ?? int.MaxValue), (column ?? 0, columns ?? int.MaxValue)), cancellation);
            return format == "bin"
                ? Results.Bytes(Bytes(writer =>
                {
                    foreach (var number in new[] { part.Rows, part.Columns, part.AllRows, part.AllColumns })
                    {
                        writer.Write(number);
                    }

                    Write(writer, part.Correlation, part.CorrelationError, part.Bif);
                }), Binary)
                : Results.Ok(part);
        }, cancellation);

    private static async Task<IResult> With(TextLibrary library, Guid id, int query, Func<OpenTexts, Task<IResult>> answer, CancellationToken cancellation)
        => await answer(await library.Open(id, query, cancellation) ?? throw new MissingException($"There is no run {id}, or it is not prepared yet."));

    private static byte[] Bytes(Action<BinaryWriter> write)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        write(writer);
        writer.Flush();
        return stream.ToArray();
    }

    private static void Write(BinaryWriter writer, params ReadOnlySpan<float[]> vectors)
    {
        foreach (var vector in vectors)
        {
            writer.Write(MemoryMarshal.AsBytes(vector.AsSpan()));
        }
    }
}
