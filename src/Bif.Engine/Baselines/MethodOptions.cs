namespace Bif.Engine.Baselines;

/// <summary>What a person can set about comparison methods.</summary>
public sealed record MethodOptions
{
    /// <summary>EK-FAC: damping as a multiple of each layer's mean eigenvalue.</summary>
    public double Damping { get; init; } = 0.1;

    /// <summary>TRAK: dimension of the random projection; null for the smaller of 2,048 and half the training items.</summary>
    public int? ProjectionDimension { get; init; }

    /// <summary>TRAK: further checkpoints of the same architecture, beside the run's own.</summary>
    public IReadOnlyList<string> Checkpoints { get; init; } = [];

    /// <summary>Seed of projections, probes and random scores.</summary>
    public ulong Seed { get; init; }
}
