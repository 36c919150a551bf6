using static TorchSharp.torch;

namespace Bif.Engine.Sampling;

/// <summary>
/// Where a chain is: position, gradient and the sampler's own vectors, each [P] float32, and the number of the next
/// step. The seed, the chain's index and the step number determine all randomness to come.
/// </summary>
public sealed class ChainState : IDisposable
{
    private readonly Dictionary<string, Tensor> _vectors = [];

    /// <summary>Starts a chain at w*.</summary>
    /// <param name="chain">Index of the chain.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="center">w* restricted to the sampled parameters [P]; stays the caller's.</param>
    /// <param name="sampler">Whose vectors to allocate.</param>
    public ChainState(int chain, ulong seed, Tensor center, ISampler sampler)
    {
        Chain = chain;
        Seed = seed;
        Center = center;
        using var noGradient = no_grad();
        Position = center.clone().DetachFromDisposeScope();
        Gradient = zeros_like(center).DetachFromDisposeScope();
        foreach (var vector in sampler.StateVectors)
        {
            _vectors[vector.Name] = full_like(center, vector.Start).DetachFromDisposeScope();
        }

        sampler.Begin(this);
    }

    /// <summary>Index of the chain.</summary>
    public int Chain { get; }

    /// <summary>Seed of the run.</summary>
    public ulong Seed { get; }

    /// <summary>Number of the next step, from 0: how often the chain has moved.</summary>
    public long Step { get; set; }

    /// <summary>w* [P].</summary>
    public Tensor Center { get; }

    /// <summary>w [P].</summary>
    public Tensor Position { get; }

    /// <summary>Where backward passes add the mean gradient of the loss [P]; zero between steps.</summary>
    public Tensor Gradient { get; }

    /// <summary>The sampler's vectors by name.</summary>
    public IReadOnlyDictionary<string, Tensor> Vectors => _vectors;

    /// <inheritdoc/>
    public void Dispose()
    {
        Position.Dispose();
        Gradient.Dispose();
        foreach (var vector in _vectors.Values)
        {
            vector.Dispose();
        }
    }
}
