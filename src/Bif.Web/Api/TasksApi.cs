using Bif.Data.Storage;
using Bif.Engine.Retraining;
using Bif.Web.Browsing;
using Bif.Web.Tasks;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Bif.Web.Api;

/// <summary>Numbers of tasks just ordered.</summary>
/// <param name="Tasks">Their numbers among the run's tasks.</param>
public sealed record OrderedTasks(IReadOnlyList<int> Tasks);

/// <summary>Work on finished runs.</summary>
internal static class TasksApi
{
    /// <summary>Maps the endpoints.</summary>
    public static void MapTasksApi(this IEndpointRouteBuilder api)
    {
        api.MapPost("/runs/{id:guid}/comparisons", Compare).WithSummary("Score the run's items with other attribution methods, a task each");
        api.MapPost("/runs/{id:guid}/removals", Remove).WithSummary("Retrain without a set of items: predicted against measured change");
        api.MapPost("/runs/{id:guid}/qualities", Measure).WithSummary("Measure how well the run's scores predict retraining (LDS)");
        api.MapPost("/runs/{id:guid}/responses", Respond).WithSummary("Measure the first-order responses of a query's tokens, so that their scores have no Monte Carlo noise; no task where they are measured already");
        api.MapGet("/runs/{id:guid}/quality", Quality).WithSummary("What is known about how well the run's scores predict retraining; 404 where it was not measured").Produces<QualityRecord>();
        api.MapGet("/runs/{id:guid}/tasks", List).WithSummary("Work ordered on a run, newest first");
        api.MapGet("/runs/{id:guid}/tasks/{task:int}", Find).WithSummary("State and result of a task");
        api.MapPost("/runs/{id:guid}/tasks/{task:int}/cancel", Cancel).WithSummary("Stop a task").ProducesProblem(409);
        api.MapPost("/runs/{id:guid}/tasks/{task:int}/retry", Retry).WithSummary("Do a failed or cancelled task again").ProducesProblem(409);
        api.MapGet("/runs/{id:guid}/queries/{query:int}/methods", Methods).WithSummary("The run's ranking of a query beside those of comparison methods");
    }

    private static async Task<Accepted<OrderedTasks>> Compare(Guid id, NewComparison wanted, TaskDesk desk, CancellationToken cancellation)
        => TypedResults.Accepted($"/api/v1/runs/{id}/tasks", new OrderedTasks(await desk.Compare(id, wanted.Methods, cancellation)));

    private static async Task<Accepted<OrderedTasks>> Remove(Guid id, NewRemoval wanted, TaskDesk desk, CancellationToken cancellation)
        => TypedResults.Accepted($"/api/v1/runs/{id}/tasks", new OrderedTasks([await desk.Remove(id, wanted, cancellation)]));

    private static async Task<Accepted<OrderedTasks>> Measure(Guid id, QualityInput wanted, TaskDesk desk, CancellationToken cancellation)
        => TypedResults.Accepted($"/api/v1/runs/{id}/tasks", new OrderedTasks([await desk.Measure(id, wanted.Subsets, wanted.Repeats, cancellation)]));

    private static async Task<Accepted<OrderedTasks>> Respond(Guid id, NewResponse wanted, TaskDesk desk, CancellationToken cancellation)
        => TypedResults.Accepted($"/api/v1/runs/{id}/tasks", new OrderedTasks(await desk.Respond(id, wanted, cancellation) is { } task ? [task] : []));

    private static async Task<JsonHttpResult<QualityRecord>> Quality(Guid id, RunLibrary library, QualityLibrary qualities, CancellationToken cancellation)
        => await qualities.Find(await library.Get(id, cancellation), cancellation) is { } found
            ? TypedResults.Json(found.Record, Bif.Engine.Runs.RunRecord.Compact)
            : throw new MissingException("How well this run's scores predict retraining was not measured: POST …/qualities does it.");

    private static async Task<Ok<IReadOnlyList<RunTaskStatus>>> List(Guid id, RunReader reader, TaskLibrary tasks, CancellationToken cancellation)
        => await reader.Find(id, cancellation) is null ? throw MissingException.Run(id) : TypedResults.Ok(await tasks.Of(id, cancellation));

    private static async Task<Ok<RunTaskStatus>> Find(Guid id, int task, TaskLibrary tasks, CancellationToken cancellation) => TypedResults.Ok(await Known(id, task, tasks, cancellation));

    private static async Task<Results<Accepted, ProblemHttpResult>> Cancel(Guid id, int task, TaskDesk desk, TaskLibrary tasks, CancellationToken cancellation)
    {
        await Known(id, task, tasks, cancellation);
        return await desk.Cancel(id, task) ? TypedResults.Accepted($"/api/v1/runs/{id}/tasks/{task}") : TypedResults.Problem("This task has ended already.", statusCode: StatusCodes.Status409Conflict);
    }

    private static async Task<Results<Accepted, ProblemHttpResult>> Retry(Guid id, int task, TaskDesk desk, TaskLibrary tasks, CancellationToken cancellation)
    {
        await Known(id, task, tasks, cancellation);
        return await desk.Retry(id, task, cancellation)
            ? TypedResults.Accepted($"/api/v1/runs/{id}/tasks/{task}")
            : TypedResults.Problem("Only a failed or cancelled task can be done again.", statusCode: StatusCodes.Status409Conflict);
    }

    private static async Task<RunTaskStatus> Known(Guid id, int task, TaskLibrary tasks, CancellationToken cancellation)
        => await tasks.Find(id, task, cancellation) ?? throw new MissingException($"There is no task {task} of a run {id}.");

    private static async Task<Ok<IReadOnlyList<MethodRow>>> Methods(Guid id, int query, int? k, MethodView view, RunLibrary library, CancellationToken cancellation)
    {
        var run = await library.Get(id, cancellation);
        return TypedResults.Ok(await view.Rows(id, query, null, Math.Clamp(k ?? 10, 1, 100), cancellation) ?? throw MissingException.Ranking(query, run.QueryCount));
    }
}
