using System.Text.Json.Serialization;

namespace Bif.Engine.Sampling;

/// <summary>The numbers of a sampling run, all of them decided. Part of what identifies the run.</summary>
/// <param name="Sampler">Name of the sampler.</param>
/// <param name="Epsilon">ε, the step size of SGLD; for underdamped dynamics the time step h.</param>
/// <param name="Nbeta">nβ, which multiplies the MEAN loss.</param>
/// <param name="Gamma">γ, precision of the Gaussian around w*.</param>
/// <param name="Batch">Items per gradient; 0 for all.</param>
/// <param name="Chains">C, independent chains.</param>
/// <param name="Draws">T, recorded draws per chain.</param>
/// <param name="BurnIn">Steps before the first draw.</param>
/// <param name="Thin">Steps per draw.</param>
/// <param name="Seed">Seed of noise and mini-batches.</param>
/// <param name="Decay">RMSprop: decay of the second moment.</param>
/// <param name="Stabilizer">RMSprop: added to its root.</param>
/// <param name="BiasCorrection">RMSprop: published variant (true) or devinterp's (false).</param>
/// <param name="Preconditioner">none, diagonal, kfac or lowrank.</param>
/// <param name="Friction">f of underdamped dynamics, per unit of time.</param>
/// <param name="Rank">Directions of the low-rank preconditioner.</param>
/// <param name="CurvatureItems">Training items from which the preconditioner is estimated; 0 for all.</param>
/// <param name="Centered">Whether nβ·∇L(w*) is subtracted from the force.</param>
/// <param name="FirstOrderControl">Whether the noise of the losses' first-order parts is taken out of the scores (independent Gaussian draws only).</param>
/// <param name="FirstOrderPoints">Points around the checkpoint whose gradients make the first-order parts; 0 for the usual number.</param>
/// <param name="Start">Where chains begin: checkpoint, or laplace, a draw from the Gaussian that the preconditioner describes.</param>
public sealed record SamplerSettings(
    string Sampler,
    double Epsilon,
    double Nbeta,
    double Gamma,
    int Batch,
    int Chains,
    int Draws,
    int BurnIn,
    int Thin,
    ulong Seed,
    double Decay = 0.99,
    double Stabilizer = 0.1,
    bool BiasCorrection = true,
    string Preconditioner = "none",
    double Friction = 0,
    int Rank = 0,
    int CurvatureItems = 0,
    bool Centered = false,
    string Start = "checkpoint",
    bool FirstOrderControl = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int FirstOrderPoints = 0)
{
    /// <summary>Moves of one chain from its start to its last draw.</summary>
    public long Steps => BurnIn + ((long)Draws * Thin);
}
