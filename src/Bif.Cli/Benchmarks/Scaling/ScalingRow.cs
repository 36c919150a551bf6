namespace Bif.Cli.Benchmarks.Scaling;

/// <summary>What was asked of every size.</summary>
/// <param name="Items">n, training items.</param>
/// <param name="Queries">q.</param>
/// <param name="EffectiveDraws">The quality that BIF is held to: effective draws behind each score, so that a correlation's standard error is at most 1/√ of it.</param>
/// <param name="Device">cpu or cuda:N.</param>
internal sealed record ScalingTask(int Items, int Queries, int EffectiveDraws, string Device);

/// <summary>One method at one size.</summary>
/// <param name="Task">What was asked.</param>
/// <param name="Family">The family of sizes.</param>
/// <param name="Size">Its size in words.</param>
/// <param name="Parameters">P.</param>
/// <param name="Method">bif or ekfac.</param>
/// <param name="Seconds">Of the scores, without loading the program and the model; null where it did not finish.</param>
/// <param name="PeakBytes">The most memory of the process, resident on the host.</param>
/// <param name="DevicePeakBytes">The most memory of tensors on the GPU; null on the CPU.</param>
/// <param name="MeasuredDraws">BIF's measured effective draws; null of EK-FAC, which has none.</param>
/// <param name="Missing">Why there is no measurement; null where there is one.</param>
internal sealed record ScalingRow(
    ScalingTask Task, string Family, string Size, long? Parameters, string Method, double? Seconds, long? PeakBytes, long? DevicePeakBytes, double? MeasuredDraws, string? Missing)
{
    /// <summary>The memory that decides what fits: the GPU's where there is one.</summary>
    public long? DecisiveBytes => DevicePeakBytes ?? PeakBytes;
}
