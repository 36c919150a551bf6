using Microsoft.AspNetCore.Mvc;
using Microsoft.OpenApi;

namespace Bif.Web.Api;

/// <summary>What the description at /openapi/v1.json says beside the endpoints themselves.</summary>
internal static class ApiDocument
{
    private const string Scheme = "adminToken";

    /// <summary>Registers the description.</summary>
    public static void Add(IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new()
            {
                Title = "Bif",
                Version = "1",
                Description = "Runs of Bayesian influence functions: queue them, follow them, read their rankings, ask further queries, share reports. "
                    + "Scores: a positive correlation and a negative BIF are helpful. Losses are in nats. Live progress comes from the SignalR hub at /hubs/runs.",
            };
            document.Components ??= new();
            document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
            document.Components.SecuritySchemes[Scheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "Bif:AdminToken, where the operator has set one.",
            };
            document.Security = [new() { [new(Scheme, document)] = [] }, []];
            return Task.CompletedTask;
        });
        options.AddOperationTransformer(async (operation, context, cancellation) =>
        {
            operation.Responses ??= [];
            operation.Responses["default"] = new OpenApiResponse
            {
                Description = "Anything else is a problem whose detail is one sentence: 400 what was asked cannot be, 401 no token, 404 it is not there, 409 not in this state, 413 too large, 415 another kind of body, 429 too often, 503 no database.",
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    ["application/problem+json"] = new() { Schema = await context.GetOrCreateSchemaAsync(typeof(ProblemDetails), null, cancellation) },
                },
            };
        });
    });
}
