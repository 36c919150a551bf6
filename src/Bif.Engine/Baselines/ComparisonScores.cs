namespace Bif.Engine.Baselines;

/// <summary>Scores of a comparison method in the sense of BIF: negative = helpful.</summary>
/// <param name="Values">[query, item], row-major.</param>
/// <param name="ForwardPasses">Forward passes of one item each.</param>
/// <param name="BackwardPasses">Backward passes of one item each.</param>
/// <param name="Remark">What a person should know (the route taken, parameters left out), in words; empty if nothing.</param>
public sealed record ComparisonScores(float[] Values, double ForwardPasses, double BackwardPasses, string Remark = "")
{
    /// <summary>Seconds of earlier work that these scores reuse; they belong to the method's cost.</summary>
    public double ReusedSeconds { get; init; }
}
