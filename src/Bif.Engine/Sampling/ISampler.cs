namespace Bif.Engine.Sampling;

/// <summary>
/// One step of a Markov chain that has the localized posterior exp(−nβ·L(w) − γ/2·‖w−w*‖²) as its target. A sampler is
/// one file: it is found by its <see cref="SamplerAttribute"/> and built from the <see cref="SamplerSettings"/>. It holds
/// no state of its own; all state lies in the <see cref="ChainState"/>, so that a chain resumes and replays exactly.
/// </summary>
public interface ISampler
{
    /// <summary>Names and start values of the vectors that the sampler keeps beside the position.</summary>
    IReadOnlyList<StateVector> StateVectors { get; }

    /// <summary>
    /// Moves the chain one step. Noise must depend only on the chain's seed, index and step number.
    /// </summary>
    /// <param name="state">The chain; its position is changed in place. The step number is advanced by the caller.</param>
    /// <param name="force">Gives the gradient of the loss at the position.</param>
    /// <returns>The mean loss (nats) that the step's gradient saw.</returns>
    double Step(ChainState state, LossGradient force);
}

/// <summary>A vector that a sampler keeps: its name in checkpoints and the value of every element at the start.</summary>
public sealed record StateVector(string Name, float Start);

/// <summary>Names a sampler for <c>--sampler</c>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class SamplerAttribute(string name) : Attribute
{
    /// <summary>The name on the command line and in run.json.</summary>
    public string Name { get; } = name;
}
