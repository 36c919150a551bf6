namespace Bif.Engine.Runs;

/// <summary>Where a run is.</summary>
public enum RunStage
{
    /// <summary>Reading model and data.</summary>
    Loading,

    /// <summary>Finding the best evaluation batch and evaluating the losses at the checkpoint.</summary>
    Preparing,

    /// <summary>Chains are drawing.</summary>
    Sampling,

    /// <summary>Scores, errors and diagnostics are computed from the traces.</summary>
    Estimating,

    /// <summary>Everything is written.</summary>
    Done,
}

/// <summary>One chain's position.</summary>
/// <param name="Chain">Index of the chain.</param>
/// <param name="Draw">Recorded draws so far.</param>
/// <param name="Draws">Draws the chain will record.</param>
/// <param name="Loss">Mean training loss at the last draw or step, in nats.</param>
/// <param name="DrawsPerSecond">Rate since this process started the chain.</param>
public sealed record ChainProgress(int Chain, int Draw, int Draws, double Loss, double DrawsPerSecond);

/// <summary>What a run reports while it works; reports may come from several threads.</summary>
/// <param name="Stage">Where the run is.</param>
/// <param name="Message">A line worth showing (what was loaded, a warning), or null.</param>
/// <param name="Chain">A chain that moved, or null.</param>
/// <param name="Fraction">Progress of a stage without chains, 0 to 1, or null.</param>
public sealed record RunProgress(RunStage Stage, string? Message = null, ChainProgress? Chain = null, double? Fraction = null)
{
    /// <summary>Whether <see cref="Message"/> is a warning.</summary>
    public bool IsWarning { get; init; }
}
