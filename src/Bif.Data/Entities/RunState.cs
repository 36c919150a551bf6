namespace Bif.Data.Entities;

/// <summary>Where a run is in its life, as stored.</summary>
public static class RunState
{
    /// <summary>Waits for a worker.</summary>
    public const string Queued = "queued";

    /// <summary>Data and model are read, settings chosen, losses at the checkpoint evaluated.</summary>
    public const string Preparing = "preparing";

    /// <summary>Chains draw.</summary>
    public const string Sampling = "sampling";

    /// <summary>The final scores are computed.</summary>
    public const string Estimating = "estimating";

    /// <summary>The final scores are there.</summary>
    public const string Finished = "finished";

    /// <summary>A person stopped it; it can be continued.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>It ended with an error.</summary>
    public const string Failed = "failed";

    /// <summary>States of a run on which somebody works or will.</summary>
    public static IReadOnlyList<string> Active { get; } = [Queued, Preparing, Sampling, Estimating];
}

/// <summary>Where a chain is in its life, as stored.</summary>
public static class ChainState
{
    /// <summary>Waits for a worker.</summary>
    public const string Queued = "queued";

    /// <summary>Draws.</summary>
    public const string Running = "running";

    /// <summary>Has all its draws.</summary>
    public const string Completed = "completed";

    /// <summary>Stopped after a complete block; can be continued.</summary>
    public const string Interrupted = "interrupted";

    /// <summary>Its loss exploded.</summary>
    public const string Diverged = "diverged";

    /// <summary>Ended with an error.</summary>
    public const string Failed = "failed";
}
