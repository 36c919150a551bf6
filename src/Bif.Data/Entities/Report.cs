namespace Bif.Data.Entities;

/// <summary>An immutable snapshot that a person shares by a secret link.</summary>
public sealed class Report
{
    /// <summary>Identity, for its owner.</summary>
    public Guid Id { get; set; }

    /// <summary>The run it was taken from; the report stays when the run goes.</summary>
    public Guid? RunId { get; set; }

    /// <summary>Heading.</summary>
    public required string Title { get; set; }

    /// <summary>SHA-256 of the link's token; the token itself is stored nowhere.</summary>
    public required byte[] TokenHash { get; set; }

    /// <summary>What the page shows, as JSON.</summary>
    public required string Content { get; set; }

    /// <summary>Posterior correlations over all training items, float32 little-endian; positive is helpful.</summary>
    public required byte[] Correlation { get; set; }

    /// <summary>Their standard errors.</summary>
    public required byte[] CorrelationError { get; set; }

    /// <summary>Minus covariances in nats²; negative is helpful.</summary>
    public required byte[] Bif { get; set; }

    /// <summary>Their standard errors.</summary>
    public required byte[] BifError { get; set; }

    /// <summary>Class of each training item, int32 little-endian, or null where they have none.</summary>
    public byte[]? Labels { get; set; }

    /// <summary>When it was taken.</summary>
    public DateTime CreatedAt { get; set; }

    /// <summary>When the link ends, or null.</summary>
    public DateTime? ExpiresAt { get; set; }

    /// <summary>When its owner ended it, or null.</summary>
    public DateTime? RevokedAt { get; set; }
}

/// <summary>A picture of a report.</summary>
public sealed class ReportImage
{
    /// <summary>The report.</summary>
    public Guid ReportId { get; set; }

    /// <summary>"query" or "item-N".</summary>
    public required string Name { get; set; }

    /// <summary>The picture as PNG.</summary>
    public required byte[] Png { get; set; }
}
