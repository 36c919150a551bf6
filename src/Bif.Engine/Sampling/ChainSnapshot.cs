using static TorchSharp.torch;

namespace Bif.Engine.Sampling;

/// <summary>A chain's state after a block, in the host's memory.</summary>
/// <param name="Step">Number of the next step.</param>
/// <param name="Vectors">Position and the sampler's vectors [P] by name.</param>
internal sealed record ChainSnapshot(long Step, IReadOnlyList<(string Name, Tensor Vector)> Vectors) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, vector) in Vectors)
        {
            vector.Dispose();
        }
    }
}
