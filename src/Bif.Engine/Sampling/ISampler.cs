namespace Bif.Engine.Sampling;

/// <summary>
/// One move of a Markov chain that has the localized posterior exp(−nβ·L(w) − γ/2·‖w−w*‖²) as its target. A sampler is
/// one file: it is found by its <see cref="SamplerAttribute"/> and built from a <see cref="SamplerContext"/>. It holds no
/// state of its own; all state lies in the <see cref="ChainState"/>, so that a chain resumes and replays exactly.
/// </summary>
public interface ISampler
{
    /// <summary>Names and start values of the vectors that the sampler keeps beside the position.</summary>
    IReadOnlyList<StateVector> StateVectors { get; }

    /// <summary>Whether <see cref="Move"/> needs the gradient at the position; false for independent draws.</summary>
    bool UsesGradient => true;

    /// <summary>Sets random start values of a new chain's vectors; all randomness follows from its seed and index.</summary>
    void Begin(ChainState state)
    {
    }

    /// <summary>
    /// Moves the chain from its position, where the state's gradient was taken, to the next, and leaves the gradient zero.
    /// Noise must depend only on the chain's seed, index and step number.
    /// </summary>
    /// <param name="state">The chain, changed in place. The step number is advanced by the caller.</param>
    void Move(ChainState state);
}

/// <summary>A vector that a sampler keeps: its name in checkpoints and the value of every element at the start.</summary>
public sealed record StateVector(string Name, float Start);

/// <summary>What a sampler is built from.</summary>
/// <param name="Settings">The run's numbers.</param>
/// <param name="Preconditioner">The fixed coordinates in which it may move.</param>
public sealed record SamplerContext(SamplerSettings Settings, Preconditioners.Preconditioner Preconditioner);

/// <summary>Names a sampler for <c>--sampler</c>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class SamplerAttribute(string name) : Attribute
{
    /// <summary>The name on the command line and in run.json.</summary>
    public string Name { get; } = name;

    /// <summary>What it is, in a few words, for the help text.</summary>
    public string Summary { get; init; } = "";

    /// <summary>The preconditioners that it can use, the default first.</summary>
    public string[] Preconditioners { get; init; } = ["none"];
}
