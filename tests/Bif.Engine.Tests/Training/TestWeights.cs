using Bif.Engine.Models;
using Bif.Engine.Training;
using static TorchSharp.torch;

namespace Bif.Engine.Tests.Training;

/// <summary>New weights for tests that need a network but no training.</summary>
internal static class TestWeights
{
    public static Tensor Parameters(Layout layout, ulong seed) => WeightInitializer.Parameters(layout, seed);

    public static List<Tensor> Buffers(Layout layout) => WeightInitializer.Buffers(layout);
}
