namespace Bif.Data.Entities;

/// <summary>Scores of a comparison method for one query.</summary>
public sealed class MethodScores
{
    /// <summary>The run.</summary>
    public Guid RunId { get; set; }

    /// <summary>The method.</summary>
    public required string Method { get; set; }

    /// <summary>Index of the query.</summary>
    public int Query { get; set; }

    /// <summary>Scores over the training items, negative = helpful: float32, little-endian.</summary>
    public required byte[] Scores { get; set; }
}
