using System.Text.Json;

namespace Bif.Web.Tasks;

/// <summary>A task as people see it.</summary>
/// <param name="Run">The run.</param>
/// <param name="Task">Its number among the run's tasks.</param>
/// <param name="Kind">comparison, removal, quality or response.</param>
/// <param name="Title">What was ordered, in words.</param>
/// <param name="State">queued, running, finished, failed or cancelled.</param>
/// <param name="Message">What is being done.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="Fraction">Progress, 0 to 1.</param>
/// <param name="CancelRequested">Whether it is being stopped.</param>
/// <param name="CreatedAt">When it was ordered, UTC.</param>
/// <param name="FinishedAt">When it ended, UTC.</param>
/// <param name="Result">What came out: see docs/web.md.</param>
public sealed record RunTaskStatus(
    Guid Run, int Task, string Kind, string Title, string State, string? Message, string? Error, double? Fraction, bool CancelRequested,
    DateTime CreatedAt, DateTime? FinishedAt, JsonElement? Result)
{
    /// <summary>Whether it waits or runs.</summary>
    public bool IsActive => State is "queued" or "running";
}
