namespace Bif.Engine.Traces;

/// <summary>The sizes of a run's traces and of their chunks.</summary>
/// <param name="Chains">C.</param>
/// <param name="Draws">T, draws per chain.</param>
/// <param name="TrainItems">n.</param>
/// <param name="QueryItems">q.</param>
/// <param name="StepsPerDraw">Sampler steps between draws.</param>
/// <param name="DrawsPerBlock">Draws in one chunk: what is written together.</param>
/// <param name="ItemsPerBlock">Items in one chunk.</param>
public sealed record TraceShape(
    int Chains, int Draws, int TrainItems, int QueryItems, int StepsPerDraw, int DrawsPerBlock, int ItemsPerBlock)
{
    /// <summary>Blocks of draws per chain; the last may hold fewer draws.</summary>
    public int Blocks => (Draws + DrawsPerBlock - 1) / DrawsPerBlock;

    /// <summary>Draws in a block.</summary>
    public int DrawsIn(int block) => Math.Min(DrawsPerBlock, Draws - (block * DrawsPerBlock));
}
