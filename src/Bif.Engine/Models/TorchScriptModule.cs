using System.Runtime.InteropServices;
using Bif.Engine.Data;
using Bif.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Bif.Engine.Models;

/// <summary>
/// Any TorchScript module with one input and one output (<c>torchscript_file</c>, <c>task</c>). Each binding loads its
/// own copy, whose parameters then live in the flat vector; buffers stay as they were saved.
/// </summary>
[ModelType("torchscript")]
public sealed class TorchScriptModule : Architecture
{
    private readonly string _file;
    private readonly int? _classes;

    /// <summary>Reads the module's parameters.</summary>
    public TorchScriptModule(ModelSource source)
    {
        var config = source.Config;
        _file = Path.Combine(config.Folder, config.Text("torchscript_file", "model.pt"));
        Objective = config.Text("task", "classification") switch
        {
            "image-classification" or "classification" => Objective.CrossEntropy,
            "regression" => Objective.HalfSquaredError,
            var task => throw config.Invalid("task", $"\"{task}\" is not known: it is image-classification, classification or regression"),
        };
        _classes = config.Has("num_labels") ? config.Integer("num_labels") : null;
        using var scope = NewDisposeScope();
        using var module = Load(_file, DeviceType.CPU, -1);
        var parameters = new List<ParameterSpec>();
        long offset = 0;
        foreach (var (name, parameter) in module.named_parameters())
        {
            if (parameter.dtype != ScalarType.Float32)
            {
                throw new InputException($"{_file}: the parameter {name} is {parameter.dtype}; save the module in float32.");
            }

            parameters.Add(new ParameterSpec(name, parameter.shape, offset, parameter.numel(), Initialization.Zeros, 1));
            offset += parameter.numel();
        }

        if (parameters.Count == 0)
        {
            throw new InputException($"{_file} has no parameters, so there is nothing to sample: save it without freezing it.");
        }

        Layout = new Layout(parameters, []);
    }

    /// <inheritdoc/>
    public override Layout Layout { get; }

    /// <inheritdoc/>
    public override Objective Objective { get; }

    /// <inheritdoc/>
    public override Tensor? OwnParameters()
    {
        using var scope = NewDisposeScope();
        using var module = Load(_file, DeviceType.CPU, -1);
        using var noGradient = no_grad();
        return cat([.. module.named_parameters().Select(entry => entry.parameter.detach().reshape(-1))]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override byte[] OwnContent() => File.ReadAllBytes(_file);

    /// <inheritdoc/>
    public override Tensor Forward(Weights weights, Tensor inputs)
    {
        // A traced module may view() its input, which needs row-major memory.
        var outputs = ((ScriptWeights)weights).Module.forward(inputs.contiguous());
        if (Objective == Objective.HalfSquaredError)
        {
            return outputs.flatten();
        }

        return outputs.ndim == 2 && (_classes is null || outputs.shape[1] == _classes)
            ? outputs
            : throw new InputException($"{_file} returns [{string.Join(", ", outputs.shape)}], but logits [batch, {_classes?.ToString() ?? "classes"}] are needed.");
    }

    /// <inheritdoc/>
    public override Weights Bind(
        Tensor checkpoint, IReadOnlyList<Tensor> buffers, ParameterSelection selection, Tensor vector, Tensor? gradient)
        => new ScriptWeights(Load(_file, vector.device.type, vector.device.index), Layout, checkpoint, buffers, selection, vector, gradient);

    private static jit.ScriptModule<Tensor, Tensor> Load(string file, DeviceType type, int index)
    {
        if (!File.Exists(file))
        {
            throw new InputException($"There is no {file}, which the model's torchscript_file names.");
        }

        RegularFile.Require(file);
        try
        {
            var module = jit.load<Tensor, Tensor>(file, type, index);
            module.eval();
            return module;
        }
        catch (ExternalException error)
        {
            throw new InputException($"{file} is not a TorchScript module that this libtorch can load: save it with torch.jit.save.", error);
        }
    }

    private sealed class ScriptWeights : Weights
    {
        public ScriptWeights(
            jit.ScriptModule<Tensor, Tensor> module,
            Layout layout,
            Tensor checkpoint,
            IReadOnlyList<Tensor> buffers,
            ParameterSelection selection,
            Tensor vector,
            Tensor? gradient)
            : base(layout, checkpoint, buffers, selection, vector, gradient)
        {
            Module = module;
            using var noGradient = no_grad();
            var index = 0;
            foreach (var (_, parameter) in module.named_parameters())
            {
                var bound = Parameter(index);
                ParameterBinding.ShareMemory(parameter, bound);
                parameter.requires_grad_(bound.requires_grad);
                if (bound.requires_grad)
                {
                    using var place = bound.grad;
                    parameter.grad = place;
                }

                // Derivatives are those with respect to the module's own tensor.
                Replace(index++, parameter.DetachFromDisposeScope());
            }
        }

        public jit.ScriptModule<Tensor, Tensor> Module { get; }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (disposing)
            {
                Module.Dispose();
            }
        }
    }
}
