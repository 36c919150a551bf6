namespace Bif.Engine.Sampling;

/// <summary>How a chain ended.</summary>
public enum ChainEnd
{
    /// <summary>All draws are recorded.</summary>
    Completed,

    /// <summary>Stopped after a complete block because the run was asked to stop.</summary>
    Interrupted,

    /// <summary>Stopped because a loss was not finite or exploded; the blocks before it are kept.</summary>
    Diverged,
}

/// <summary>How a chain ended, and where.</summary>
/// <param name="Chain">Index of the chain.</param>
/// <param name="End">How.</param>
/// <param name="Step">Sampler steps taken.</param>
/// <param name="Loss">The last loss seen, in nats; the offending one if the chain diverged.</param>
public sealed record ChainOutcome(int Chain, ChainEnd End, long Step, double Loss);
