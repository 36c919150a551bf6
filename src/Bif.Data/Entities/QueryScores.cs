namespace Bif.Data.Entities;

/// <summary>The scores of one query against all training items; vectors are float32, little-endian.</summary>
public sealed class QueryScores
{
    /// <summary>The run.</summary>
    public Guid RunId { get; set; }

    /// <summary>Index of the query, from 0.</summary>
    public int Query { get; set; }

    /// <summary>Draws over all chains behind the scores.</summary>
    public int Draws { get; set; }

    /// <summary>Posterior correlations; positive is helpful.</summary>
    public required byte[] Correlation { get; set; }

    /// <summary>Their standard errors.</summary>
    public required byte[] CorrelationError { get; set; }

    /// <summary>Minus covariances in nats²; negative is helpful.</summary>
    public required byte[] Bif { get; set; }

    /// <summary>Their standard errors.</summary>
    public required byte[] BifError { get; set; }
}
