namespace Bif.Engine.Baselines;

/// <summary>What lies beside a comparison method's scores, <c>RUN/baselines/NAME.json</c>.</summary>
public sealed record ComparisonRecord
{
    /// <summary>The method.</summary>
    public required string Method { get; init; }

    /// <summary>Wall-clock seconds, those of reused factors included.</summary>
    public required double Seconds { get; init; }

    /// <summary>Forward passes of one item each.</summary>
    public required double ForwardPasses { get; init; }

    /// <summary>Backward passes of one item each.</summary>
    public required double BackwardPasses { get; init; }

    /// <summary>What determines the scores beside checkpoint, items and parameters.</summary>
    public required IReadOnlyDictionary<string, object> Settings { get; init; }

    /// <summary>SHA-256 of everything that determines the scores.</summary>
    public required string Hash { get; init; }

    /// <summary>The route taken, parameters left out; empty if there is nothing to say.</summary>
    public string Remark { get; init; } = "";

    /// <summary>The sign of the scores.</summary>
    public string Sign { get; init; } = "negative = helpful, as in scores/bif.npy";
}
