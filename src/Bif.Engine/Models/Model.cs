using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Bif.Engine.Checkpoints;
using Bif.Engine.Data;
using static TorchSharp.torch;

namespace Bif.Engine.Models;

/// <summary>A trained checkpoint: an architecture with its parameters w* [P] and buffers, on a device.</summary>
public sealed class Model : IDisposable
{
    private readonly List<Tensor> _buffers;

    private Model(string path, ModelConfig config, Architecture architecture, Tensor parameters, List<Tensor> buffers, string hash)
    {
        Path = path;
        Config = config;
        Architecture = architecture;
        Parameters = parameters;
        _buffers = buffers;
        Hash = hash;
        Input = InputSpec.From(config);
    }

    /// <summary>Where it was loaded from.</summary>
    public string Path { get; }

    /// <summary>Its configuration.</summary>
    public ModelConfig Config { get; }

    /// <summary>Its structure.</summary>
    public Architecture Architecture { get; }

    /// <summary>w* [P], float32.</summary>
    public Tensor Parameters { get; }

    /// <summary>Frozen tensors in the layout's order.</summary>
    public IReadOnlyList<Tensor> Buffers => _buffers;

    /// <summary>SHA-256 (hex) of the structure and all values.</summary>
    public string Hash { get; }

    /// <summary>How raw items become inputs.</summary>
    public InputSpec Input { get; }

    /// <summary>The tensors' names and places.</summary>
    public Layout Layout => Architecture.Layout;

    /// <summary>What the outputs mean.</summary>
    public Objective Objective => Architecture.Objective;

    /// <summary>What a table's last column must be for this model.</summary>
    public TargetKind TargetKind => Objective == Objective.CrossEntropy ? TargetKind.Class : TargetKind.Number;

    /// <summary>Number of classes, where the configuration says it.</summary>
    public int? ClassCount => Objective == Objective.CrossEntropy && Config.Has("num_labels") ? Config.Integer("num_labels") : null;

    /// <summary>Loss of guessing evenly among the classes, or of a language model among the tokens, nats per prediction; null where the classes are not known or numbers are predicted.</summary>
    public double? ChanceLoss => ((Architecture as LanguageModel)?.VocabularySize ?? ClassCount) is { } choices ? Math.Log(choices) : null;

    /// <summary>Loads a model folder, or a TorchScript file by itself.</summary>
    /// <exception cref="InputException">Anything about it is not usable; one sentence.</exception>
    public static Model Load(string path, Device device)
    {
        var config = Directory.Exists(path) ? ModelConfig.Read(System.IO.Path.Combine(path, "config.json"))
            : File.Exists(path) ? SingleFile(path)
            : throw new InputException($"There is no model at {path}: give a folder with config.json, or a TorchScript file.");
        // Sizes are checked before layers are made of them.
        _ = InputSpec.From(config);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        if (config.ModelType == "torchscript")
        {
            ZipChecksums.Require(System.IO.Path.Combine(config.Folder, config.Text("torchscript_file", "model.pt")));
            var module = ArchitectureCatalog.Create(new ModelSource(config, _ => null));
            var own = module.OwnParameters()!;
            return new Model(path, config, module, own.to(device), [], HashOf(config, module, own, [])).Detached();
        }

        using var weights = Directory.Exists(path) ? CheckpointReader.Open(path) : CheckpointReader.OpenFile(path);
        var architecture = ArchitectureCatalog.Create(new ModelSource(config, weights.FindShape));
        var parameters = Read(architecture, weights, config);
        var buffers = architecture.Layout.Buffers.Select(spec => ReadBuffer(spec, weights)).ToList();
        var hash = HashOf(config, architecture, parameters, buffers);
        return new Model(path, config, architecture, parameters.to(device), [.. buffers.Select(buffer => buffer.to(device))], hash).Detached();
    }

    /// <summary>Wraps values already in memory; takes ownership of the tensors.</summary>
    public static Model FromValues(ModelConfig config, Architecture architecture, Tensor parameters, List<Tensor> buffers)
        => new Model(config.Folder, config, architecture, parameters, buffers, HashOf(config, architecture, parameters.cpu(), [.. buffers.Select(buffer => buffer.cpu())])).Detached();

    /// <summary>Binds the network to vectors; see <see cref="Weights"/>.</summary>
    /// <param name="selection">Which parameters live in <paramref name="vector"/>.</param>
    /// <param name="vector">The selected parameters.</param>
    /// <param name="gradient">Where backward passes add the gradient, or null.</param>
    /// <param name="precision">In what matrix products and convolutions are computed.</param>
    public Weights Bind(ParameterSelection selection, Tensor vector, Tensor? gradient, ScalarType precision = ScalarType.Float32)
    {
        var weights = Architecture.Bind(Parameters, _buffers, selection, vector, gradient);
        weights.Precision = precision;
        return weights;
    }

    /// <summary>Loss of each item [batch], nats; of a text the sum over its tokens.</summary>
    public Tensor Losses(Weights weights, Batch batch) => Architecture is LanguageModel
        ? TokenLosses(weights, batch).sum([1L])
        : ItemLoss.Of(Objective, Predictions(weights, batch.Inputs), batch.Targets);

    /// <summary>What a network that is no language model says of inputs, float32 whatever its passes are computed in.</summary>
    public Tensor Predictions(Weights weights, Tensor inputs)
    {
        var outputs = Architecture.Forward(weights, inputs);
        return weights.Precision == ScalarType.Float32 ? outputs : outputs.to(ScalarType.Float32);
    }

    /// <summary>Loss of each next token [batch, length] of a language model, nats; 0 where there is none.</summary>
    public Tensor TokenLosses(Weights weights, Batch batch)
        => ((LanguageModel)Architecture).TokenLosses(weights, batch.Inputs, batch.Targets);

    /// <summary>
    /// Outputs whose Jacobian, with the outputs' curvature, gives the Gauss-Newton matrix; outputs without a target
    /// (padding) are constants.
    /// </summary>
    public Tensor Outputs(Weights weights, Batch batch)
    {
        var outputs = Architecture.Forward(weights, batch.Inputs);
        return Objective == Objective.NextToken ? outputs.masked_fill(batch.Targets.lt(0).unsqueeze(2), 0) : outputs;
    }

    /// <summary>Checks that items fit the model, by trying one of them.</summary>
    /// <exception cref="InputException">They do not; says what differs.</exception>
    public void CheckData(Dataset data)
    {
        if (Architecture is LanguageModel language)
        {
            CheckText(data, language);
            return;
        }

        if ((Objective == Objective.CrossEntropy) != (data.Labels is not null))
        {
            throw new InputException($"{data.Path} has {(data.Labels is null ? "numbers" : "classes")} as targets, but the model {Path} predicts {(data.Labels is null ? "classes" : "numbers")}.");
        }

        if (ClassCount is { } classes && Array.FindIndex(data.Labels!, label => label < 0 || label >= classes) is >= 0 and var bad)
        {
            throw new InputException($"{data.Path}: item {bad} has label {data.Labels![bad]}, but the model {Path} has the classes 0 to {classes - 1}.");
        }

        Input.RequireFit(data, Path);
        var shape = data.Items.ItemShape;
        try
        {
            using var scope = NewDisposeScope();
            using var inference = no_grad();
            using var weights = Bind(ParameterSelection.All(Layout), Parameters, null);
            var probe = zeros([1, .. shape], device: Parameters.device);
            var target = Objective == Objective.CrossEntropy ? zeros([1], int64, Parameters.device) : zeros([1], device: Parameters.device);
            var outputs = Architecture.Forward(weights, probe);
            if (data.Labels is { } labels && outputs.ndim == 2 && Array.FindIndex(labels, label => label >= outputs.shape[1]) is >= 0 and var outside)
            {
                throw new InputException($"{data.Path}: item {outside} has label {labels[outside]}, but the model {Path} has {outputs.shape[1]} outputs.");
            }

            ItemLoss.Of(Objective, outputs, target);
        }
        catch (Exception error) when (error is ExternalException or InvalidCastException)
        {
            throw new InputException($"{data.Path} has items of shape [{string.Join(", ", shape)}], which the model {Path} cannot take.", error);
        }
    }

    private void CheckText(Dataset data, LanguageModel language)
    {
        Input.RequireFit(data, Path);
        var text = data.Text!;
        if (text.Longest > language.ContextLength)
        {
            throw new InputException($"{data.Path} has an item of {text.Longest} tokens, but the model {Path} takes {language.ContextLength}: lower --context.");
        }

        if (text.Ids.Max() is var largest && largest >= language.VocabularySize)
        {
            throw new InputException(
                $"{data.Path}: the tokenizer gives the token {largest}, but the model {Path} knows 0 to {language.VocabularySize - 1}: its tokenizer.json is of another model.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Parameters.Dispose();
        _buffers.ForEach(buffer => buffer.Dispose());
    }

    private Model Detached()
    {
        Parameters.DetachFromDisposeScope();
        _buffers.ForEach(buffer => buffer.DetachFromDisposeScope());
        return this;
    }

    // A file by itself is a TorchScript module, unless a config.json beside it says what its state dict belongs to.
    private static ModelConfig SingleFile(string path)
    {
        var beside = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!, "config.json");
        if (File.Exists(beside))
        {
            return ModelConfig.Read(beside);
        }

        return new ModelConfig(
            new JsonObject { ["model_type"] = "torchscript", ["torchscript_file"] = System.IO.Path.GetFileName(path) }, beside);
    }

    private static Tensor Read(Architecture architecture, CheckpointReader weights, ModelConfig config)
    {
        var known = architecture.Layout.Parameters.Select(spec => spec.Name).Concat(architecture.Layout.Buffers.Select(spec => spec.Name)).ToHashSet();
        if (weights.Names.FirstOrDefault(name => !known.Contains(name) && !architecture.Ignores(name)) is { } extra)
        {
            throw new InputException($"{weights.Origin} has the tensor {extra}, which a {config.ModelType} with the configuration {config.Origin} does not have.");
        }

        // Before memory is asked for: sizes may be nonsense.
        foreach (var spec in architecture.Layout.Parameters)
        {
            RequireShape(spec.Name, spec.Shape, weights, config);
        }

        // One tensor at a time: a span cannot reach over a vector of more than 2 GiB.
        var vector = empty([architecture.Layout.ParameterCount]);
        foreach (var spec in architecture.Layout.Parameters)
        {
            using var part = vector.narrow(0, spec.Offset, spec.Length);
            var values = MemoryMarshal.Cast<byte, float>(part.bytes);
            weights.ReadFloat32(spec.Name, values);
            foreach (var value in values)
            {
                if (!float.IsFinite(value))
                {
                    throw new InputException($"{weights.Origin}: the tensor {spec.Name} contains {value}; a checkpoint must be finite.");
                }
            }
        }

        return vector;
    }

    private static Tensor ReadBuffer(BufferSpec spec, CheckpointReader weights)
    {
        var elements = spec.Shape.Aggregate(1L, (product, size) => product * size);
        var values = new float[elements];
        if (weights.FindShape(spec.Name) is not null)
        {
            weights.ReadFloat32(spec.Name, values);
        }
        else if (!spec.Optional)
        {
            throw new InputException($"{weights.Origin} lacks the tensor {spec.Name} of shape [{string.Join(", ", spec.Shape)}].");
        }

        return tensor(values, spec.Shape);
    }

    private static void RequireShape(string name, long[] expected, CheckpointReader weights, ModelConfig config)
    {
        var found = weights.FindShape(name);
        if (found is null || !found.SequenceEqual(expected))
        {
            throw new InputException(
                $"{weights.Origin} {(found is null ? $"lacks the tensor {name}" : $"has {name} of shape [{string.Join(", ", found)}]")}, but {config.Origin} asks for [{string.Join(", ", expected)}].");
        }

        if (!weights.IsFloatingPoint(name))
        {
            throw new InputException($"{weights.Origin} stores the parameter {name} as whole numbers: save it in float32, float16 or bfloat16.");
        }
    }

    private static string HashOf(ModelConfig config, Architecture architecture, Tensor parameters, List<Tensor> buffers)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(config.ToJson()));
        hash.AppendData(architecture.OwnContent());
        foreach (var values in buffers.Prepend(parameters))
        {
            const long Piece = 1 << 26;
            using var flat = values.reshape(-1);
            for (long start = 0; start < flat.shape[0]; start += Piece)
            {
                using var part = flat.narrow(0, start, Math.Min(Piece, flat.shape[0] - start));
                hash.AppendData(part.bytes);
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
