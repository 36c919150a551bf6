namespace Bif.Data.Entities;

/// <summary>A query asked of a finished run: an uploaded picture or a training item. Its scores stand beside the run's own.</summary>
public sealed class AddedQuery
{
    /// <summary>The run.</summary>
    public Guid RunId { get; set; }

    /// <summary>Index among all queries of the run: the run's own come first.</summary>
    public int Query { get; set; }

    /// <summary>queued, running, finished, failed or cancelled.</summary>
    public required string State { get; set; }

    /// <summary>Where it comes from, in words.</summary>
    public required string Source { get; set; }

    /// <summary>Class whose loss is asked about, or null.</summary>
    public int? Label { get; set; }

    /// <summary>The class or target in words.</summary>
    public required string Description { get; set; }

    /// <summary>Where it lies: PATH[@SPLIT][[A:B]].</summary>
    public required string DataPath { get; set; }

    /// <summary>The picture as the model sees it, PNG, or null.</summary>
    public byte[]? Png { get; set; }

    /// <summary>kept, regenerated or replayed, once known.</summary>
    public string? Way { get; set; }

    /// <summary>What is being done, or why it failed.</summary>
    public string? Message { get; set; }

    /// <summary>Progress, 0 to 1.</summary>
    public double? Fraction { get; set; }

    /// <summary>What it took.</summary>
    public double? Seconds { get; set; }

    /// <summary>Whether a person asked to stop it.</summary>
    public bool CancelRequested { get; set; }

    /// <summary>When it was asked.</summary>
    public DateTime CreatedAt { get; set; }
}
