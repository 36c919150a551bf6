namespace Bif.Engine.Sampling;

/// <summary>
/// What the position after <paramref name="Moves"/> moves is in its chain: the checkpoint itself (0), a burn-in step, or one
/// of the positions of which every thin-th is a draw.
/// </summary>
/// <param name="Moves">Moves made.</param>
/// <param name="Settings">Burn-in and thinning.</param>
internal readonly record struct StepPlace(long Moves, SamplerSettings Settings)
{
    /// <summary>Place among the burn-in positions, from 0; null outside.</summary>
    public int? BurnInIndex => Moves > 0 && Moves <= Settings.BurnIn ? (int)Moves - 1 : null;

    /// <summary>Whether it ends the burn-in.</summary>
    public bool IsLastOfBurnIn => Moves == Settings.BurnIn && Moves > 0;

    /// <summary>Place among the positions of a draw, from 0; null before the first.</summary>
    public int? SamplingIndex => Moves > Settings.BurnIn ? (int)((Moves - Settings.BurnIn - 1) % Settings.Thin) : null;

    /// <summary>Whether it is a draw.</summary>
    public bool IsDraw => SamplingIndex == Settings.Thin - 1;
}
