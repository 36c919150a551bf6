using System.Runtime.InteropServices;
using Bif.Engine.Training;
using static TorchSharp.torch;

namespace Bif.Engine.Retraining;

/// <summary>Steps of a recipe's optimizer on the tensors of a <see cref="StackedNetwork"/>; every model's step is its own.</summary>
internal sealed class StackedOptimizer : IDisposable
{
    private readonly TrainingSpec _spec;
    private readonly Tensor[] _parameters;
    private readonly Tensor[] _velocities;
    private readonly (Optimizer Step, Tensor Gradient)[] _plain;

    /// <summary>Starts at rest.</summary>
    public StackedOptimizer(TrainingSpec spec, IEnumerable<Tensor> parameters)
    {
        (_spec, _parameters) = (spec, [.. parameters]);
        var fused = spec.Optimizer == "sgd" && _parameters.All(each => each.is_cpu());
        _velocities = fused ? [.. _parameters.Select(each => zeros_like(each).DetachFromDisposeScope())] : [];
        _plain = fused ? [] : [.. _parameters.Select(Plain)];
    }

    /// <summary>Moves all parameters by the gradients of a loss that is the sum over models of their mean losses.</summary>
    public void Step(Tensor loss, double learningRate)
    {
        var gradients = autograd.grad([loss], _parameters);
        using var noGradient = no_grad();
        for (var index = 0; index < _parameters.Length; index++)
        {
            if (_velocities.Length > 0)
            {
                MomentumStep.Apply(_spec, learningRate, Values(_parameters[index]), Values(gradients[index].contiguous()), Values(_velocities[index]));
                continue;
            }

            _plain[index].Gradient.copy_(gradients[index]);
            _plain[index].Step.Step(learningRate);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _velocities.Concat(_plain.Select(each => each.Gradient)))
        {
            tensor.Dispose();
        }
    }

    private static Span<float> Values(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);

    private (Optimizer Step, Tensor Gradient) Plain(Tensor parameters)
    {
        var gradient = zeros_like(parameters).DetachFromDisposeScope();
        return (new Optimizer(_spec, parameters, gradient), gradient);
    }
}
