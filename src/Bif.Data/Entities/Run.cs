namespace Bif.Data.Entities;

/// <summary>An attribution run.</summary>
public sealed class Run
{
    /// <summary>Identity.</summary>
    public Guid Id { get; set; }

    /// <summary>What people call it.</summary>
    public required string Name { get; set; }

    /// <summary>Whether the worker draws the demo's data and trains its network first.</summary>
    public bool IsDemo { get; set; }

    /// <summary>One of <see cref="RunState"/>.</summary>
    public required string State { get; set; }

    /// <summary>Runs with a higher number go first.</summary>
    public int Priority { get; set; }

    /// <summary>The run directory, on storage that all workers share.</summary>
    public required string Directory { get; set; }

    /// <summary>The engine's RunSpec as JSON.</summary>
    public required string Spec { get; set; }

    /// <summary>The engine's run.json, once prepared.</summary>
    public string? Record { get; set; }

    /// <summary>The engine's table of training items as JSON, once prepared.</summary>
    public string? TrainItems { get; set; }

    /// <summary>The engine's table of queries as JSON, once prepared.</summary>
    public string? QueryItems { get; set; }

    /// <summary>What is being done, in words.</summary>
    public string? Message { get; set; }

    /// <summary>Why it failed, in words.</summary>
    public string? Error { get; set; }

    /// <summary>Progress of the present stage, 0 to 1, where chains do not tell.</summary>
    public double? Fraction { get; set; }

    /// <summary>A person asked to stop it.</summary>
    public bool CancelRequested { get; set; }

    /// <summary>How often preparing was begun.</summary>
    public int Attempts { get; set; }

    /// <summary>When it was asked for.</summary>
    public DateTime CreatedAt { get; set; }

    /// <summary>When a worker first took it.</summary>
    public DateTime? StartedAt { get; set; }

    /// <summary>When it ended.</summary>
    public DateTime? FinishedAt { get; set; }

    /// <summary>When scores were last stored.</summary>
    public DateTime? ScoredAt { get; set; }

    /// <summary>Draws over all chains behind the stored scores; 0: none are there.</summary>
    public int ScoreDraws { get; set; }

    /// <summary>The correlation that chance alone reaches in the best item, at those draws.</summary>
    public double? NoiseFloor { get; set; }

    /// <summary>Variance of each training item's loss over the draws, nats², float32 little-endian, once finished.</summary>
    public byte[]? ItemVariance { get; set; }

    /// <summary>Loss of each training item at the checkpoint, nats, float32 little-endian, once finished.</summary>
    public byte[]? ItemLoss { get; set; }

    /// <summary>Its chains, once prepared.</summary>
    public List<Chain> Chains { get; } = [];
}
