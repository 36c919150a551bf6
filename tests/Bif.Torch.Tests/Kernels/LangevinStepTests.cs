using Bif.Kernels;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Torch.Tests.Kernels;

public class LangevinStepTests
{
    private const int Length = 100_003;

    [Fact]
    public void Sgld_equals_its_composed_twin()
    {
        using var scope = NewDisposeScope();
        var (w, g, center, _) = Vectors();
        var expected = LangevinStep.SgldComposed(w, g, center, 1e-3, 30, 5, 77, 3, 12);
        LangevinStep.Sgld(w, g, center, 1e-3, 30, 5, 77, 3, 12);
        AssertClose(expected, w, 2e-6);
    }

    [Theory]
    [InlineData(true, 1f)]
    [InlineData(false, 0f)]
    public void Rmsprop_equals_its_composed_twin(bool biasCorrection, float start)
    {
        using var scope = NewDisposeScope();
        var (w, g, center, _) = Vectors();
        var v = zeros(Length) + start;
        for (ulong step = 0; step < 3; step++)
        {
            var (expected, moment) = LangevinStep.RmspropComposed(w, g, center, v, 1e-3, 30, 5, 0.99, 0.1, biasCorrection, 77, 3, step);
            LangevinStep.Rmsprop(w, g, center, v, 1e-3, 30, 5, 0.99, 0.1, biasCorrection, 77, 3, step);
            AssertClose(moment, v, 1e-6);
            AssertClose(expected, w, 1e-5);
        }
    }

    [Fact]
    public void One_rmsprop_step_equals_the_numbers_worked_out_by_hand()
    {
        using var scope = NewDisposeScope();
        var (w, g, center, v) = (tensor(new[] { 2f }), tensor(new[] { 3f }), tensor(new[] { 1f }), tensor(new[] { 1f }));
        var noise = new float[1];
        Philox.Normals(noise, 1, 0, PhiloxPurpose.Noise, 0);
        LangevinStep.Rmsprop(w, g, center, v, 0.01, 10, 4, 0.9, 0.1, true, 1, 0, 0);
        // v = 0.9·1 + 0.1·9 = 1.8; v̂ = 1.8/(1 − 0.9) = 18; ε_t = 0.01/(√18 + 0.1); force = 10·3 + 4·(2 − 1) = 34.
        var epsilon = 0.01 / (Math.Sqrt(18) + 0.1);
        Assert.Equal(1.8, v.item<float>(), 5);
        Assert.Equal(2 - (epsilon / 2 * 34) + (Math.Sqrt(epsilon) * noise[0]), w.item<float>(), 5);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void Baoab_equals_its_composed_twin(bool centred, bool scaled)
    {
        using var scope = NewDisposeScope();
        var (w, g, center, v) = Vectors();
        var (around, scale) = (centred ? center : null, scaled ? rand(Length) + 0.5f : null);
        for (ulong step = 0; step < 3; step++)
        {
            var (position, velocity) = LangevinStep.BaoabComposed(w, v, g, around, scale, 0.05, 0.7, 3, 5, 77, 3, step);
            LangevinStep.Baoab(w, v, g, around, scale, 0.05, 0.7, 3, 5, 77, 3, step);
            AssertClose(velocity, v, 1e-5);
            AssertClose(position, w, 1e-5);
        }
    }

    // METHOD, known answer 5.
    [Theory]
    [InlineData(true, 1f)]
    [InlineData(false, 0f)]
    public void Rmsprop_with_decay_one_and_stabilizer_one_is_sgld_bit_for_bit(bool biasCorrection, float start)
    {
        using var scope = NewDisposeScope();
        var (w, g, center, _) = Vectors();
        var (other, v) = (w.clone(), zeros(Length) + start);
        for (ulong step = 0; step < 5; step++)
        {
            LangevinStep.Sgld(w, g, center, 3e-4, 30, 5, 1, 0, step);
            LangevinStep.Rmsprop(other, g, center, v, 3e-4, 30, 5, 1, 1, biasCorrection, 1, 0, step);
        }

        Assert.True(w.Equals(other));
    }

    [Fact]
    public void Positions_do_not_depend_on_the_number_of_threads()
    {
        var threads = get_num_threads();
        try
        {
            using var scope = NewDisposeScope();
            var (w, g, center, v) = Vectors();
            var (w2, v2) = (w.clone(), v.clone());
            set_num_threads(1);
            LangevinStep.Sgld(w, g, center, 1e-3, 30, 5, 1, 0, 0);
            LangevinStep.Rmsprop(w, g, center, v, 1e-3, 30, 5, 0.9, 0.1, true, 1, 0, 1);
            LangevinStep.Baoab(w, v, g, center, null, 0.05, 0.7, 3, 5, 1, 0, 2);
            set_num_threads(3);
            LangevinStep.Sgld(w2, g, center, 1e-3, 30, 5, 1, 0, 0);
            LangevinStep.Rmsprop(w2, g, center, v2, 1e-3, 30, 5, 0.9, 0.1, true, 1, 0, 1);
            LangevinStep.Baoab(w2, v2, g, center, null, 0.05, 0.7, 3, 5, 1, 0, 2);
            Assert.True(w.Equals(w2) && v.Equals(v2));
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_gradient_is_cleared_only_when_asked(bool clear)
    {
        using var scope = NewDisposeScope();
        var (w, g, center, v) = Vectors();
        var before = g.clone();
        LangevinStep.Sgld(w, g, center, 1e-3, 30, 5, 1, 0, 0, clear);
        Assert.True(g.Equals(clear ? zeros_like(g) : before));
        g.copy_(before);
        LangevinStep.Rmsprop(w, g, center, v, 1e-3, 30, 5, 0.9, 0.1, true, 1, 0, 1, clear);
        Assert.True(g.Equals(clear ? zeros_like(g) : before));
    }

    // METHOD, section 2: stationary variance (1/k)/(1 − εk/4) for U = k w²/2, lag-1 autocorrelation 1 − εk/2.
    [Fact]
    public void A_quadratic_has_the_stationary_variance_and_autocorrelation_of_the_discretised_chain()
    {
        using var scope = NewDisposeScope();
        const int Walkers = 200_000;
        var (w, g, center) = (zeros(Walkers), zeros(Walkers), zeros(Walkers));
        const double Gamma = 4, Epsilon = 0.4; // εk = 1.6
        for (ulong step = 0; step < 60; step++)
        {
            LangevinStep.Sgld(w, g, center, Epsilon, 0, Gamma, 5, 0, step);
        }

        using var before = w.clone();
        LangevinStep.Sgld(w, g, center, Epsilon, 0, Gamma, 5, 0, 60);
        var variance = (before * before).mean().item<float>();
        Assert.Equal(0.25 / (1 - 0.4), variance, 0.01);
        Assert.Equal(1 - 0.8, (before * w).mean().item<float>() / variance, 0.01);
    }

    [Fact]
    public void Vectors_that_do_not_fit_are_refused_with_the_reason()
    {
        using var scope = NewDisposeScope();
        var (w, shorter, doubles) = (zeros(8), zeros(7), zeros(8, dtype: ScalarType.Float64));
        var strided = zeros([8, 2]).select(1, 0);
        Assert.Contains("gradient has 7", Refused(() => LangevinStep.Sgld(w, shorter, w, 1, 1, 1, 0, 0, 0)), StringComparison.Ordinal);
        Assert.Contains("center is Double", Refused(() => LangevinStep.Sgld(w, zeros(8), doubles, 1, 1, 1, 0, 0, 0)), StringComparison.Ordinal);
        Assert.Contains("strides [2]", Refused(() => LangevinStep.Sgld(strided, w, w, 1, 1, 1, 0, 0, 0)), StringComparison.Ordinal);
    }

    [Fact]
    public void The_benchmark_returns_positive_times()
    {
        var (step, copy) = LangevinBenchmark.Measure(1 << 16, 3);
        Assert.True(step > 0 && copy > 0);
    }

    private static string Refused(Action action) => Assert.Throws<KernelException>(action).Message;

    private static (Tensor W, Tensor G, Tensor Center, Tensor V) Vectors()
    {
        var vectors = Enumerable.Range(0, 4).Select(_ => zeros(Length)).ToArray();
        for (var i = 0; i < 4; i++)
        {
            LangevinStep.Normals(vectors[i], 123, (uint)i, PhiloxPurpose.Diagnostics, 0);
        }

        return (vectors[0], vectors[1], vectors[2], vectors[3].square());
    }

    private static void AssertClose(Tensor expected, Tensor actual, double tolerance)
    {
        using var scope = NewDisposeScope();
        var error = ((expected - actual).abs() / (expected.abs() + 1)).max().item<float>();
        Assert.True(error < tolerance, $"largest relative error {error}");
    }
}
