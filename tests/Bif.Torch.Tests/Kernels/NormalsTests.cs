using Bif.Kernels;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Torch.Tests.Kernels;

public class NormalsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(1_000_003)]
    public void Native_noise_equals_the_managed_twin_bit_for_bit(int length)
    {
        var managed = new float[length];
        Philox.Normals(managed, 0x123456789ABCDEF0, 5, PhiloxPurpose.Diagnostics, (1UL << 40) + 3);
        Assert.Equal(Bits(managed), Bits(Native(length, 0x123456789ABCDEF0, 5, PhiloxPurpose.Diagnostics, (1UL << 40) + 3)));
    }

    [Fact]
    public void Noise_does_not_depend_on_the_number_of_threads()
    {
        var threads = get_num_threads();
        try
        {
            set_num_threads(1);
            var one = Native(300_001, 1, 2, PhiloxPurpose.Noise, 3);
            set_num_threads(5);
            Assert.Equal(Bits(one), Bits(Native(300_001, 1, 2, PhiloxPurpose.Noise, 3)));
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    [Fact]
    public void A_longer_vector_begins_with_the_noise_of_a_shorter_one()
        => Assert.Equal(Native(100, 1, 0, PhiloxPurpose.Noise, 0), Native(1000, 1, 0, PhiloxPurpose.Noise, 0)[..100]);

    [Fact]
    public void Moments_are_those_of_the_standard_normal()
    {
        const int Count = 1 << 22;
        var values = Native(Count, 42, 0, PhiloxPurpose.Noise, 0);
        double[] expected = [0, 1, 0, 3, 0, 15], variances = [1, 2, 15, 96, 945, 10170];
        for (var order = 1; order <= 6; order++)
        {
            var moment = values.Average(value => Math.Pow(value, order));
            Assert.True(
                Math.Abs(moment - expected[order - 1]) < 4.5 * Math.Sqrt(variances[order - 1] / Count),
                $"moment {order} is {moment}");
        }
    }

    [Fact]
    public void The_distribution_passes_the_Kolmogorov_Smirnov_test()
    {
        var values = Native(1 << 20, 43, 1, PhiloxPurpose.Noise, 7);
        Array.Sort(values);
        var distance = 0.0;
        for (var rank = 0; rank < values.Length; rank++)
        {
            var probability = 0.5 * (1 + Erf(values[rank] / Math.Sqrt(2)));
            distance = Math.Max(distance, Math.Max(probability - ((double)rank / values.Length), ((rank + 1.0) / values.Length) - probability));
        }

        // 99.9 % point of the limiting distribution.
        Assert.True(distance * Math.Sqrt(values.Length) < 1.95, $"distance {distance}");
    }

    [Fact]
    public void Neighbours_steps_chains_purposes_and_seeds_are_uncorrelated()
    {
        const int Count = 1 << 20;
        var noise = Native(Count + 64, 9, 1, PhiloxPurpose.Noise, 100);
        float[][] others =
        [
            Native(Count, 9, 1, PhiloxPurpose.Noise, 101), Native(Count, 9, 2, PhiloxPurpose.Noise, 100),
            Native(Count, 9, 1, PhiloxPurpose.Laplace, 100), Native(Count, 10, 1, PhiloxPurpose.Noise, 100),
            noise[1..], noise[16..], noise[32..], noise[64..],
        ];
        foreach (var (other, number) in others.Select((other, number) => (other, number)))
        {
            var (product, squares) = (0.0, 0.0);
            for (var i = 0; i < Count; i++)
            {
                product += noise[i] * other[i];
                squares += (Math.Pow(noise[i], 2) - 1) * (Math.Pow(other[i], 2) - 1);
            }

            Assert.True(Math.Abs(product) / Math.Sqrt(Count) < 4.5, $"correlation with {number}: {product / Count}");
            Assert.True(Math.Abs(squares) / 2 / Math.Sqrt(Count) < 4.5, $"correlation of squares with {number}: {squares / 2 / Count}");
        }
    }

    [Fact]
    public void The_tails_reach_beyond_five_and_never_become_infinite()
    {
        Assert.InRange(NormalTransform.Pair(0, 0).First, 6.66f, 6.67f);
        Assert.Equal(0f, NormalTransform.Pair(uint.MaxValue, 0).First);
        var values = Native(1 << 24, 44, 0, PhiloxPurpose.Noise, 0);
        Assert.All(values.Chunk(1 << 20), chunk => Assert.InRange(chunk.Max(Math.Abs), 4f, 6.67f));
        // 9.6 values beyond 5 are expected.
        Assert.InRange(values.Count(value => Math.Abs(value) > 5), 1, 25);
    }

    [Fact]
    public void Logarithm_sine_and_cosine_are_accurate_to_their_stated_units()
    {
        var stream = new PhiloxStream(1, 0, PhiloxPurpose.Diagnostics, 0);
        for (var draw = 0; draw < 200_000; draw++)
        {
            var x = MathF.Pow(2, -(float)stream.NextDouble() * 32);
            AssertUnits(NormalTransform.NaturalLog(x), Math.Log(x), 1, x);
            var turn = stream.NextUInt32();
            var (sine, cosine) = NormalTransform.SineCosine(turn);
            AssertUnits(sine, double.SinPi(turn / 2147483648.0), 2.3, turn);
            AssertUnits(cosine, double.CosPi(turn / 2147483648.0), 2.3, turn);
        }
    }

    [Fact]
    public void A_step_where_the_noise_would_repeat_is_refused()
    {
        using var vector = zeros(4);
        var error = Assert.Throws<KernelException>(() => LangevinStep.Normals(vector, 0, 0, PhiloxPurpose.Noise, 1UL << 48));
        Assert.Contains("2^48", error.Message, StringComparison.Ordinal);
    }

    private static float[] Native(long length, ulong seed, uint chain, PhiloxPurpose purpose, ulong step)
    {
        using var vector = zeros(length);
        LangevinStep.Normals(vector, seed, chain, purpose, step);
        return vector.data<float>().ToArray();
    }

    private static uint[] Bits(float[] values) => Array.ConvertAll(values, BitConverter.SingleToUInt32Bits);

    private static void AssertUnits(float actual, double expected, double units, double argument)
    {
        var unit = Math.ScaleB(1, Math.ILogB((float)expected) - 23);
        Assert.True(Math.Abs(actual - expected) <= units * unit, $"{actual:R} for {expected:R} at {argument:R}");
    }

    // erf by its Maclaurin series, or by the continued fraction of erfc.
    private static double Erf(double x)
    {
        if (Math.Abs(x) > 3)
        {
            var fraction = 0.0;
            for (var k = 40; k > 0; k--)
            {
                fraction = k / 2.0 / (Math.Abs(x) + fraction);
            }

            return Math.Sign(x) * (1 - (Math.Exp(-x * x) / Math.Sqrt(Math.PI) / (Math.Abs(x) + fraction)));
        }

        var (sum, term) = (x, x);
        for (var k = 1; k < 60; k++)
        {
            term *= -x * x / k;
            sum += term / ((2 * k) + 1);
        }

        return 2 / Math.Sqrt(Math.PI) * sum;
    }
}
