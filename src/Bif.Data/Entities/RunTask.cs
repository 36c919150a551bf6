namespace Bif.Data.Entities;

/// <summary>Work on a finished run that a person ordered.</summary>
public sealed class RunTask
{
    /// <summary>Other attribution methods on the run's checkpoint and items.</summary>
    public const string Comparison = "comparison";

    /// <summary>Retraining without a set of items.</summary>
    public const string Removal = "removal";

    /// <summary>How well the run's scores predict retraining.</summary>
    public const string Quality = "quality";

    /// <summary>First-order responses of query tokens, which take the noise out of their scores.</summary>
    public const string Response = "response";

    /// <summary>The run.</summary>
    public Guid RunId { get; set; }

    /// <summary>Its number among the run's tasks.</summary>
    public int Task { get; set; }

    /// <summary><see cref="Comparison"/>, <see cref="Removal"/>, <see cref="Quality"/> or <see cref="Response"/>.</summary>
    public required string Kind { get; set; }

    /// <summary>What was ordered, JSON.</summary>
    public required string Input { get; set; }

    /// <summary>queued, running, finished, failed or cancelled.</summary>
    public required string State { get; set; }

    /// <summary>What is being done.</summary>
    public string? Message { get; set; }

    /// <summary>Why it failed.</summary>
    public string? Error { get; set; }

    /// <summary>Progress, 0 to 1.</summary>
    public double? Fraction { get; set; }

    /// <summary>What came out, JSON.</summary>
    public string? Result { get; set; }

    /// <summary>The firing that does it.</summary>
    public string? Owner { get; set; }

    /// <summary>How many firings took it.</summary>
    public int Attempts { get; set; }

    /// <summary>Whether a person asked to stop it.</summary>
    public bool CancelRequested { get; set; }

    /// <summary>When it was ordered.</summary>
    public DateTime CreatedAt { get; set; }

    /// <summary>Last sign of life of its owner.</summary>
    public DateTime UpdatedAt { get; set; }

    /// <summary>When a worker took it first.</summary>
    public DateTime? StartedAt { get; set; }

    /// <summary>When it ended.</summary>
    public DateTime? FinishedAt { get; set; }
}
