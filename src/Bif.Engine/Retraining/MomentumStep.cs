using System.Numerics;
using System.Runtime.InteropServices;
using Bif.Engine.Training;

namespace Bif.Engine.Retraining;

/// <summary>
/// The step of SGD with momentum in one pass over memory, on the CPU. Its plain twin is <see cref="Optimizer"/>, which
/// passes over the same vectors a dozen times: with small models side by side that is most of the work.
/// </summary>
internal static class MomentumStep
{
    /// <summary>v ← m·v + (g + λ·w); w ← w − η·v, or with Nesterov w − η·(g + λ·w + m·v).</summary>
    /// <param name="spec">Momentum m, weight decay λ, Nesterov.</param>
    /// <param name="learningRate">η of this step.</param>
    /// <param name="parameters">w.</param>
    /// <param name="gradient">g; read only.</param>
    /// <param name="velocity">v.</param>
    public static void Apply(TrainingSpec spec, double learningRate, Span<float> parameters, ReadOnlySpan<float> gradient, Span<float> velocity)
    {
        var (rate, momentum, decay) = ((float)learningRate, (float)spec.Momentum, (float)spec.WeightDecay);
        var ahead = spec.Nesterov;
        var wide = MemoryMarshal.Cast<float, Vector<float>>(parameters);
        var wideGradient = MemoryMarshal.Cast<float, Vector<float>>(gradient);
        var wideVelocity = MemoryMarshal.Cast<float, Vector<float>>(velocity);
        for (var index = 0; index < wide.Length; index++)
        {
            var slope = wideGradient[index] + (decay * wide[index]);
            var speed = (momentum * wideVelocity[index]) + slope;
            wideVelocity[index] = speed;
            wide[index] -= rate * (ahead ? slope + (momentum * speed) : speed);
        }

        for (var index = wide.Length * Vector<float>.Count; index < parameters.Length; index++)
        {
            var slope = gradient[index] + (decay * parameters[index]);
            velocity[index] = (momentum * velocity[index]) + slope;
            parameters[index] -= rate * (ahead ? slope + (momentum * velocity[index]) : velocity[index]);
        }
    }
}
