using Bif.Engine.Models;
using Bif.Engine.Sampling;

namespace Bif.Engine.Runs;

/// <summary>What a run's weights and chains take of the device's memory; activations come on top, in pieces that are kept small.</summary>
/// <param name="CheckpointBytes">w* as it was loaded, and the chains' centre.</param>
/// <param name="ChainBytes">Position, gradient and the sampler's own vectors of one chain.</param>
/// <param name="Chains">Chains at a time.</param>
internal sealed record RunMemory(long CheckpointBytes, long ChainBytes, int Chains)
{
    /// <summary>All of it.</summary>
    public long TotalBytes => CheckpointBytes + (Chains * ChainBytes);

    /// <summary>The memory of a run of a model.</summary>
    public static RunMemory Of(Model model, ParameterSelection selection, SamplerSettings settings, ExecutionPlan plan)
    {
        var selected = sizeof(float) * selection.Count;
        var vectors = settings.Sampler switch { "laplace" => 1, "sgld" => 2, _ => 3 };
        return new((sizeof(float) * model.Layout.ParameterCount) + selected, vectors * selected, plan.ConcurrentChains);
    }

    /// <summary>In words.</summary>
    public string Describe() => $"memory: {Mebibytes(TotalBytes)} MiB for weights ({Mebibytes(CheckpointBytes)} for the checkpoint, {Mebibytes(ChainBytes)} for each of {Chains} chains at a time), activations besides";

    private static string Mebibytes(long bytes) => $"{bytes / (double)(1 << 20):N0}";
}
