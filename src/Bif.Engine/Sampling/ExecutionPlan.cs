using System.Text.Json.Serialization;
using Bif.Engine.Data;

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
/// <param name="Layout">How pictures lie in memory; null where there are none.</param>
public sealed record ExecutionPlan(
    int EvaluationBatch, int GradientPiece, int DrawsPerBlock, int ConcurrentChains, int ThreadsPerChain,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImageLayout? Layout = null)
{
    // One chain of a larger network keeps a GPU busy by itself; of a smaller one it waits for the host most of the time.
    private const long SmallModel = 2_000_000;

    /// <summary>How many chains run at the same time.</summary>
    /// <param name="chains">Chains of the run.</param>
    /// <param name="threads">CPU threads in all.</param>
    /// <param name="onCpu">Whether they are computed on the CPU.</param>
    /// <param name="parameters">Parameters of the model.</param>
    public static int ChainsAtATime(int chains, int threads, bool onCpu, long parameters)
        => onCpu || parameters <= SmallModel ? Math.Min(chains, threads) : 1;
}
