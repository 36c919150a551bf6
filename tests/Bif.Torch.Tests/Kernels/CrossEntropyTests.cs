using Bif.Kernels;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Torch.Tests.Kernels;

/// <summary>Cross-entropies by rows.</summary>
public sealed class CrossEntropyTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(10)]
    [InlineData(1000)]
    public void The_kernel_agrees_with_the_composed_operators(int classes)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (logits, labels) = (randn(300, classes) * 8, randint(0, classes, [300]));
        var losses = new float[300];
        CrossEntropy.Losses(logits, labels, losses);
        var composed = CrossEntropy.Composed(logits, labels).data<float>().ToArray();
        for (var row = 0; row < 300; row++)
        {
            Assert.Equal(composed[row], losses[row], 2e-6f * Math.Max(1, composed[row]));
        }
    }

    [Fact]
    public void A_confident_row_has_a_loss_far_below_what_float32_resolves_beside_one()
    {
        using var scope = NewDisposeScope();
        var losses = new float[1];
        CrossEntropy.Losses(tensor(new float[] { 40, 0, 1 }, [1, 3]), tensor(new long[] { 0 }), losses);
        Assert.Equal(Math.Exp(-40) + Math.Exp(-39), losses[0], 1e-5 * losses[0]);
    }

    [Fact]
    public void Logits_that_are_no_number_give_a_loss_that_is_none_and_infinite_ones_an_infinite_loss()
    {
        using var scope = NewDisposeScope();
        var losses = new float[5];
        CrossEntropy.Losses(
            tensor(new float[] { 1, float.NaN, 2, float.PositiveInfinity, 1, 2, float.NaN, 1, 2, float.PositiveInfinity, float.NaN, 1, 1, float.NaN, float.NaN }, [5, 3]),
            tensor(new long[] { 0, 1, 0, 2, 0 }),
            losses);
        Assert.True(
            float.IsNaN(losses[0]) && float.IsPositiveInfinity(losses[1]) && float.IsNaN(losses[2]) && float.IsNaN(losses[3]) && float.IsNaN(losses[4]),
            string.Join(' ', losses));
    }

    [Fact]
    public void Labels_and_shapes_that_do_not_fit_are_refused()
    {
        using var scope = NewDisposeScope();
        var (logits, losses) = (zeros(2, 3), new float[2]);
        Assert.Contains("label 3", Assert.Throws<KernelException>(() => CrossEntropy.Losses(logits, tensor(new long[] { 0, 3 }), losses)).Message, StringComparison.Ordinal);
        Assert.Throws<KernelException>(() => CrossEntropy.Losses(logits, tensor(new long[] { 0 }), losses));
        Assert.Throws<KernelException>(() => CrossEntropy.Losses(logits.t(), tensor(new long[] { 0, 0, 0 }), new float[3]));
    }
}
