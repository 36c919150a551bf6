namespace Bif.Engine.Traces;

/// <summary>The lengths of a trace store's axes and how they are cut into chunks.</summary>
/// <param name="Chains">C, independent chains.</param>
/// <param name="Draws">T, recorded draws per chain.</param>
/// <param name="TrainItems">n, training items observed.</param>
/// <param name="QueryItems">q, query items.</param>
/// <param name="DrawsPerBlock">Draws of a chain that are written, and can be lost, together; the last block may be shorter.</param>
/// <param name="ItemsPerBlock">Items of a chunk.</param>
/// <param name="StepsPerDraw">Sampler steps per recorded draw (the thinning).</param>
/// <param name="BurnIn">Sampler steps before the first draw.</param>
public sealed record TraceShape(
    int Chains, int Draws, int TrainItems, int QueryItems, int DrawsPerBlock, int ItemsPerBlock, int StepsPerDraw = 1, int BurnIn = 0)
{
    private const long BlockBytes = 32L << 20;
    private const int MostItemsPerBlock = 4096;
    private const int MostDrawsPerBlock = 64;
    private const int MostWaitingSteps = 1 << 24;

    /// <summary>Blocks of draws per chain.</summary>
    public int Blocks => (int)(((long)Draws + DrawsPerBlock - 1) / DrawsPerBlock);

    /// <summary>Draws of one block: <see cref="DrawsPerBlock"/>, or what is left for the last.</summary>
    public int DrawsIn(int block) => Math.Min(DrawsPerBlock, Draws - (block * DrawsPerBlock));

    /// <summary>
    /// Chooses the blocks: at most 32 MiB of losses wait in memory for a block to fill, an interruption loses at most an
    /// eighth of a chain, and the training items make some sixteen chunks, which an estimate works on in parallel.
    /// </summary>
    /// <param name="chains">C.</param>
    /// <param name="draws">T per chain.</param>
    /// <param name="trainItems">n.</param>
    /// <param name="queryItems">q.</param>
    /// <param name="stepsPerDraw">The thinning.</param>
    /// <param name="burnIn">Steps before the first draw.</param>
    public static TraceShape ChooseBlocks(
        int chains, int draws, int trainItems, int queryItems, int stepsPerDraw = 1, int burnIn = 0)
    {
        var drawBytes = sizeof(float) * ((long)trainItems + queryItems);
        var drawsPerBlock = Math.Clamp(BlockBytes / drawBytes, 1, Math.Min(MostDrawsPerBlock, (int)((draws + 7L) / 8)));
        var sixteenth = (uint)Math.Max(1, (trainItems + 15) / 16);
        var itemsPerBlock = Math.Clamp((long)System.Numerics.BitOperations.RoundUpToPowerOf2(sixteenth), 256, MostItemsPerBlock);
        return new(chains, draws, trainItems, queryItems, (int)drawsPerBlock, (int)itemsPerBlock, stepsPerDraw, burnIn);
    }

    internal void Check()
    {
        foreach (var (value, name, least) in new[]
        {
            (Chains, nameof(Chains), 1), (Draws, nameof(Draws), 1), (TrainItems, nameof(TrainItems), 1),
            (QueryItems, nameof(QueryItems), 1), (DrawsPerBlock, nameof(DrawsPerBlock), 1),
            (ItemsPerBlock, nameof(ItemsPerBlock), 1), (StepsPerDraw, nameof(StepsPerDraw), 1), (BurnIn, nameof(BurnIn), 0),
        })
        {
            if (value < least)
            {
                throw new InputException($"A trace store cannot have {name} = {value}: it must be at least {least}.");
            }
        }

        // A chain's steps are an axis, whose length has 31 bits; the losses of a block's steps and of a burn-in wait in memory.
        if ((long)Draws * StepsPerDraw > int.MaxValue || (long)DrawsPerBlock * StepsPerDraw > MostWaitingSteps)
        {
            throw new InputException($"{Draws:N0} draws of {StepsPerDraw:N0} steps are more than a chain's trace can hold: lower the draws or the thinning.");
        }

        if (BurnIn > MostWaitingSteps)
        {
            throw new InputException($"A burn-in of {BurnIn:N0} steps is more than the {MostWaitingSteps:N0} that a trace can hold: lower it.");
        }
    }
}
