using Bif.Engine.Checkpoints;

namespace Bif.Engine.Sampling;

/// <summary>
/// A chain's state after its last complete block, as a safetensors file that is replaced whole: position, the sampler's
/// vectors, the step number and the number of blocks.
/// </summary>
internal sealed class ChainStateFile(string directory, int chain)
{
    private const string Position = "position";

    /// <summary>The file.</summary>
    public string Path { get; } = System.IO.Path.Combine(directory, $"chain-{chain:D3}.safetensors");

    /// <summary>Puts the saved state into <paramref name="state"/>; returns the number of complete blocks, 0 if none.</summary>
    /// <exception cref="InputException">The file is damaged or belongs to other parameters.</exception>
    public int Restore(ChainState state)
    {
        if (!File.Exists(Path))
        {
            return 0;
        }

        using var file = SafetensorsFile.Open(Path);
        foreach (var (name, vector) in Vectors(state))
        {
            if (!file.Names.Contains(name) || file.Shape(name)[0] != vector.numel())
            {
                throw new InputException($"{Path} is not the state of this run's chain: delete it to run the chain anew.");
            }

            using var scope = TorchSharp.torch.NewDisposeScope();
            vector.copy_(file.Read(name));
        }

        var metadata = file.Metadata();
        state.Step = long.Parse(metadata["step"]);
        return int.Parse(metadata["blocks"]);
    }

    /// <summary>The state as it is now, to be saved while the chain goes on.</summary>
    public static ChainSnapshot Copy(ChainState state)
    {
        using var noGradient = TorchSharp.torch.no_grad();
        return new(state.Step, [.. Vectors(state).Select(entry => (entry.Name, (entry.Vector.is_cpu() ? entry.Vector.clone() : entry.Vector.cpu()).DetachFromDisposeScope()))]);
    }

    /// <summary>Replaces the saved state.</summary>
    public void Save(ChainState state, int blocks) => Save(state.Step, Vectors(state), blocks);

    /// <summary>Replaces the saved state.</summary>
    public void Save(ChainSnapshot snapshot, int blocks) => Save(snapshot.Step, snapshot.Vectors, blocks);

    private void Save(long step, IEnumerable<(string Name, TorchSharp.torch.Tensor Vector)> vectors, int blocks)
    {
        Directory.CreateDirectory(directory);
        using var scope = TorchSharp.torch.NewDisposeScope();
        SafetensorsFile.Write(
            Path,
            vectors.Select(entry => (
                entry.Name,
                new[] { entry.Vector.numel() },
                (ReadOnlyMemory<float>)new TensorMemory(entry.Vector.cpu()).Memory)),
            new Dictionary<string, string> { ["step"] = step.ToString(), ["blocks"] = blocks.ToString() });
    }

    private static IEnumerable<(string Name, TorchSharp.torch.Tensor Vector)> Vectors(ChainState state)
        => state.Vectors.Select(pair => (pair.Key, pair.Value)).Prepend((Position, state.Position));
}
