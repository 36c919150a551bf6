using System.Runtime.InteropServices;
using Bif.Engine.Models;
using Bif.Kernels;
using static TorchSharp.torch;

namespace Bif.Engine.Training;

/// <summary>Values before training, from the seed alone.</summary>
internal static class WeightInitializer
{
    /// <summary>A new flat parameter vector [P].</summary>
    public static Tensor Parameters(Layout layout, ulong seed)
    {
        var vector = zeros([layout.ParameterCount]);
        var values = MemoryMarshal.Cast<byte, float>(vector.bytes);
        for (var index = 0; index < layout.Parameters.Count; index++)
        {
            var spec = layout.Parameters[index];
            var part = values.Slice((int)spec.Offset, (int)spec.Length);
            switch (spec.Initialization)
            {
                case Initialization.Ones:
                    part.Fill(1);
                    break;
                case Initialization.KaimingNormal:
                    Philox.Normals(part, seed, 0, PhiloxPurpose.Initialization, (ulong)index);
                    Scale(part, Math.Sqrt(2.0 / spec.FanIn));
                    break;
                case Initialization.SmallNormal:
                    Philox.Normals(part, seed, 0, PhiloxPurpose.Initialization, (ulong)index);
                    Scale(part, 0.02 / Math.Sqrt(spec.FanIn));
                    break;
                case Initialization.UniformFanIn:
                    var stream = new PhiloxStream(seed, 0, PhiloxPurpose.Initialization, (ulong)index);
                    for (var element = 0; element < part.Length; element++)
                    {
                        part[element] = (float)(((2 * stream.NextDouble()) - 1) / Math.Sqrt(spec.FanIn));
                    }

                    break;
            }
        }

        return vector;
    }

    /// <summary>Buffers in the layout's order.</summary>
    public static List<Tensor> Buffers(Layout layout)
        => [.. layout.Buffers.Select(spec => spec.Initialization == Initialization.Ones ? ones(spec.Shape) : zeros(spec.Shape))];

    private static void Scale(Span<float> values, double factor)
    {
        foreach (ref var value in values)
        {
            value *= (float)factor;
        }
    }
}
