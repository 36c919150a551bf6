using Bif.Engine.Baselines.Gradients;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Engine.Tests.Baselines;

/// <summary>Gradients per item by one backward pass each.</summary>
internal static class BackwardPasses
{
    /// <summary>Asserts that a source at the model's own parameters gives the same for the first items.</summary>
    public static void Agree(GradientSource source, Model model, DataFeed feed, int items)
    {
        var flat = source.Losses(feed, 0, items).Flat();
        var gradient = zeros_like(model.Parameters);
        using var weights = model.Bind(ParameterSelection.All(model.Layout), model.Parameters, gradient);
        for (var item = 0; item < items; item++)
        {
            using (no_grad())
            {
                gradient.zero_();
            }

            model.Losses(weights, feed.Range(item, 1)).sum().backward();
            using var noGradient = no_grad();
            Assert.True(gradient.norm().item<float>() > 0);
            Assert.True((flat.select(0, item) - gradient).norm().item<float>() < 1e-5 * gradient.norm().item<float>());
        }
    }
}
