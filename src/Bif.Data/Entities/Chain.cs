namespace Bif.Data.Entities;

/// <summary>One chain of a run.</summary>
public sealed class Chain
{
    /// <summary>The run.</summary>
    public Guid RunId { get; set; }

    /// <summary>Index of the chain, from 0.</summary>
    public int Index { get; set; }

    /// <summary>One of <see cref="ChainState"/>.</summary>
    public required string State { get; set; }

    /// <summary>Draws recorded.</summary>
    public int Draws { get; set; }

    /// <summary>Draws it will record.</summary>
    public int TotalDraws { get; set; }

    /// <summary>Mean training loss at the last draw, nats.</summary>
    public double Loss { get; set; }

    /// <summary>Rate since its worker took it.</summary>
    public double DrawsPerSecond { get; set; }

    /// <summary>Mean training loss of each draw in nats, float32 little-endian.</summary>
    public byte[] Losses { get; set; } = [];

    /// <summary>The firing that may write; another takes it over after a lost worker.</summary>
    public string? Owner { get; set; }

    /// <summary>How often a worker took it.</summary>
    public int Attempts { get; set; }

    /// <summary>Last report.</summary>
    public DateTime UpdatedAt { get; set; }
}
