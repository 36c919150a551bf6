using static TorchSharp.torch;

namespace Bif.Engine.Training;

/// <summary>SGD with momentum or AdamW on a flat parameter vector.</summary>
internal sealed class Optimizer(TrainingSpec spec, Tensor parameters, Tensor gradient)
{
    private const double Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8;
    private readonly Tensor _first = zeros_like(parameters);
    private readonly Tensor? _second = spec.Optimizer == "adamw" ? zeros_like(parameters) : null;
    private int _steps;

    /// <summary>Moves the parameters one step and clears the gradient.</summary>
    public void Step(double learningRate)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        _steps++;
        if (_second is not null)
        {
            parameters.mul_(1 - (learningRate * spec.WeightDecay));
            _first.mul_(Beta1).add_(gradient, 1 - Beta1);
            _second.mul_(Beta2).addcmul_(gradient, gradient, 1 - Beta2);
            var scale = _second.sqrt().div_(Math.Sqrt(1 - Math.Pow(Beta2, _steps))).add_(Epsilon);
            parameters.addcdiv_(_first, scale, -learningRate / (1 - Math.Pow(Beta1, _steps)));
        }
        else
        {
            gradient.add_(parameters, spec.WeightDecay);
            _first.mul_(spec.Momentum).add_(gradient);
            if (spec.Nesterov)
            {
                gradient.add_(_first, spec.Momentum);
            }

            parameters.add_(spec.Nesterov ? gradient : _first, -learningRate);
        }

        gradient.zero_();
    }
}
