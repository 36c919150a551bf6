namespace Bif.Engine.Sampling;

/// <summary>
/// How the work is laid on this machine. It changes speed and memory, and results only within rounding; a resumed run
/// keeps it, so that it continues bit for bit.
/// </summary>
/// <param name="EvaluationBatch">Items per forward pass when losses are evaluated.</param>
/// <param name="GradientPiece">Items per forward and backward pass of a gradient.</param>
/// <param name="DrawsPerBlock">Draws that are written, and can be lost, together.</param>
/// <param name="ConcurrentChains">Chains that run at the same time, each on a thread of its own.</param>
/// <param name="ThreadsPerChain">Threads inside the operators of one chain.</param>
public sealed record ExecutionPlan(
    int EvaluationBatch, int GradientPiece, int DrawsPerBlock, int ConcurrentChains, int ThreadsPerChain);
