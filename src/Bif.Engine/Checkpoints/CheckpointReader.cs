using System.Text.Json;
using Bif.Engine.Data;

namespace Bif.Engine.Checkpoints;

/// <summary>The weights of a model folder: one safetensors file, shards through their index, or a PyTorch state dict.</summary>
public sealed class CheckpointReader : ITensorSource
{
    private static readonly string[] Pickled = ["pytorch_model.bin", "model.pt", "model.pth", "state_dict.pt"];
    private readonly Dictionary<string, (ITensorSource Source, string Name)> _tensors;
    private readonly List<ITensorSource> _sources;

    private CheckpointReader(List<ITensorSource> sources, string origin)
    {
        _sources = sources;
        Origin = origin;
        _tensors = new(StringComparer.Ordinal);
        foreach (var source in sources)
        {
            // DataParallel puts "module." before every name.
            var prefix = source.Names.All(name => name.StartsWith("module.", StringComparison.Ordinal)) ? "module." : "";
            foreach (var name in source.Names)
            {
                _tensors[name[prefix.Length..]] = (source, name);
            }
        }
    }

    private CheckpointReader(List<ITensorSource> sources, string origin, Dictionary<string, (ITensorSource Source, string Name)> tensors)
        => (_sources, Origin, _tensors) = (sources, origin, tensors);

    /// <summary>The file that errors name.</summary>
    public string Origin { get; }

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Names => _tensors.Keys;

    /// <summary>Opens the weights in a folder.</summary>
    /// <exception cref="InputException">There are none, or they are damaged.</exception>
    public static CheckpointReader Open(string folder)
    {
        var single = Path.Combine(folder, "model.safetensors");
        if (File.Exists(single))
        {
            return new([SafetensorsFile.Open(single)], single);
        }

        var index = Path.Combine(folder, "model.safetensors.index.json");
        if (File.Exists(index))
        {
            return OpenShards(index);
        }

        var pickled = Pickled.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
            ?? throw new InputException($"{folder} has no weights: model.safetensors (or shards with model.safetensors.index.json) is missing.");
        return OpenFile(pickled);
    }

    /// <summary>Opens a state dict or a safetensors file.</summary>
    public static CheckpointReader OpenFile(string file)
        => new([file.EndsWith(".safetensors", StringComparison.Ordinal) ? SafetensorsFile.Open(file) : new PickledTensors(file)], file);

    /// <inheritdoc/>
    public long[] Shape(string name) => _tensors[name].Source.Shape(_tensors[name].Name);

    /// <summary>The shape, or null where there is no such tensor.</summary>
    public long[]? FindShape(string name) => _tensors.ContainsKey(name) ? Shape(name) : null;

    /// <inheritdoc/>
    public bool IsFloatingPoint(string name) => _tensors[name].Source.IsFloatingPoint(_tensors[name].Name);

    /// <inheritdoc/>
    public void ReadFloat32(string name, Span<float> destination) => _tensors[name].Source.ReadFloat32(_tensors[name].Name, destination);

    /// <inheritdoc/>
    public void Dispose() => _sources.ForEach(source => source.Dispose());

    // The index is the authority: a tensor comes from the shard that it names, and must be there.
    private static CheckpointReader OpenShards(string index)
    {
        var sources = new Dictionary<string, ITensorSource>(StringComparer.Ordinal);
        var tensors = new Dictionary<string, (ITensorSource Source, string Name)>(StringComparer.Ordinal);
        try
        {
            foreach (var (name, shard) in WeightMap(index))
            {
                if (!sources.TryGetValue(shard, out var source))
                {
                    sources.Add(shard, source = SafetensorsFile.Open(shard));
                }

                tensors[name] = source.Names.Contains(name)
                    ? (source, name)
                    : throw new InputException($"{index} places the tensor {name} in {Path.GetFileName(shard)}, which does not hold it: fetch both again.");
            }

            foreach (var (shard, source) in sources)
            {
                if (source.Names.FirstOrDefault(name => !tensors.ContainsKey(name)) is { } unlisted)
                {
                    throw new InputException($"{index} does not list the tensor {unlisted}, which {Path.GetFileName(shard)} holds: fetch the index again.");
                }
            }

            return new([.. sources.Values], index, tensors);
        }
        catch
        {
            Array.ForEach([.. sources.Values], source => source.Dispose());
            throw;
        }
    }

    // Tensor names with the paths of their shards, which lie beside the index whatever it says.
    private static List<(string Name, string Shard)> WeightMap(string index)
    {
        try
        {
            using var document = JsonDocument.Parse(RegularFile.ReadText(index));
            var folder = Path.GetDirectoryName(Path.GetFullPath(index))!;
            var map = document.RootElement.GetProperty("weight_map").EnumerateObject()
                .Select(pair => (pair.Name, Shard: Path.Combine(folder, Path.GetFileName(pair.Value.GetString() ?? "")))).ToList();
            return map.Count == 0 ? throw new InputException($"{index} names no tensors: fetch it again.")
                : map.Find(pair => !File.Exists(pair.Shard)) is { Shard: { } missing }
                ? throw new InputException($"{index} names the shard {Path.GetFileName(missing)}, which is not there: fetch it.")
                : map;
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InputException($"{index} is no index of safetensors shards: it needs a weight_map of names to files.", error);
        }
    }
}
