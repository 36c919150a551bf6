using Quartz;

namespace Bif.Web.Jobs;

/// <summary>Which part of a run to do. Stored in the queue: names and meaning stay.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Part">"prepare", "chain", "finish", "query" or "task".</param>
/// <param name="Chain">Index of the chain, for "chain"; of the query, for "query"; number of the task, for "task".</param>
public sealed record RunJobInput(Guid RunId, string Part, int Chain)
{
    /// <summary>Reads model and data, chooses settings.</summary>
    public const string Prepare = "prepare";

    /// <summary>Samples one chain.</summary>
    public const string Sample = "chain";

    /// <summary>Computes the final scores.</summary>
    public const string Finish = "finish";

    /// <summary>Answers a query added to a finished run.</summary>
    public const string Query = "query";

    /// <summary>Does work that was ordered on a finished run.</summary>
    public const string Task = "task";
}

/// <summary>The queue's job: as thin as can be, because queued work names this class.</summary>
public sealed class RunJob(RunWorker worker) : IJob<RunJobInput>
{
    /// <inheritdoc/>
    public async ValueTask Execute(IJobExecutionContext context, RunJobInput input, CancellationToken cancellationToken)
        => await worker.Do(input, context.FireInstanceId, cancellationToken);
}
