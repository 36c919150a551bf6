using Bif.Kernels;
using Xunit;

namespace Bif.Torch.Tests.Kernels;

public class PhiloxTests
{
    // The three philox4x32-10 lines of Random123's kat_vectors.
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Words_equal_the_published_known_answers(
        uint c0, uint c1, uint c2, uint c3, uint key0, uint key1, uint w0, uint w1, uint w2, uint w3)
        => Assert.Equal((w0, w1, w2, w3), Philox.Generate(key0, key1, c0, c1, c2, c3));

    [Fact]
    public void Streams_that_differ_in_any_coordinate_have_different_words()
    {
        var streams = new List<(uint, uint, uint, uint)>();
        foreach (var seed in new ulong[] { 0, 1, 1UL << 32 })
        {
            foreach (var chain in new uint[] { 0, 1, uint.MaxValue })
            {
                foreach (var purpose in new[] { PhiloxPurpose.Noise, PhiloxPurpose.Batch })
                {
                    foreach (var step in new ulong[] { 0, 1, 1UL << 32, (1UL << 48) - 1 })
                    {
                        foreach (var index in new ulong[] { 0, 1, 1UL << 32 })
                        {
                            streams.Add(Philox.StreamWords(seed, chain, purpose, step, index));
                        }
                    }
                }
            }
        }

        Assert.Equal(streams.Count, streams.Distinct().Count());
    }

    [Fact]
    public void Numbers_below_a_count_are_equally_frequent()
    {
        var stream = new PhiloxStream(7, 0, PhiloxPurpose.Batch, 0);
        var frequencies = new int[7];
        const int Draws = 70_000;
        for (var draw = 0; draw < Draws; draw++)
        {
            frequencies[stream.NextInt(7)]++;
        }

        // 99.9 % point of χ² with 6 degrees of freedom.
        Assert.True(frequencies.Sum(count => Math.Pow(count - 10_000, 2) / 10_000) < 22.46, string.Join(' ', frequencies));
    }

    [Fact]
    public void Words_that_would_favour_small_numbers_are_drawn_again()
    {
        // The remainder of a word by 3·2^29 alone lies in the first third with probability 3/8.
        var stream = new PhiloxStream(3, 1, PhiloxPurpose.Batch, 9);
        var below = Enumerable.Range(0, 30_000).Count(_ => stream.NextInt(3 << 29) < 1 << 29);
        Assert.InRange(below, 9_700, 10_300);
    }

    [Fact]
    public void Doubles_are_uniform_and_below_one()
    {
        var stream = new PhiloxStream(5, 2, PhiloxPurpose.Diagnostics, 4);
        var values = Enumerable.Range(0, 20_000).Select(_ => stream.NextDouble()).ToArray();
        Assert.All(values, value => Assert.InRange(value, 0, 1 - 1e-17));
        Assert.InRange(values.Average(), 0.49, 0.51);
        Assert.InRange(values.Average(value => value * value), 0.323, 0.343);
    }

    [Theory]
    [InlineData(10, 10)]
    [InlineData(100, 40)]
    [InlineData(100_000, 12)]
    public void A_sample_without_replacement_repeats_no_number_and_follows_from_its_stream(int count, int size)
    {
        var first = new int[size];
        var again = new int[size];
        var other = new int[size];
        new PhiloxStream(1, 2, PhiloxPurpose.Batch, 3).SampleWithoutReplacement(count, first);
        new PhiloxStream(1, 2, PhiloxPurpose.Batch, 3).SampleWithoutReplacement(count, again);
        new PhiloxStream(1, 2, PhiloxPurpose.Batch, 4).SampleWithoutReplacement(count, other);
        Assert.Equal(size, first.Distinct().Count());
        Assert.All(first, number => Assert.InRange(number, 0, count - 1));
        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
    }

    [Fact]
    public void Every_order_of_three_is_equally_frequent_after_shuffling()
    {
        var stream = new PhiloxStream(11, 0, PhiloxPurpose.Order, 0);
        var orders = new Dictionary<string, int>();
        for (var draw = 0; draw < 12_000; draw++)
        {
            Span<char> letters = ['a', 'b', 'c'];
            stream.Shuffle(letters);
            var order = letters.ToString();
            orders[order] = orders.GetValueOrDefault(order) + 1;
        }

        Assert.Equal(6, orders.Count);
        Assert.All(orders.Values, frequency => Assert.InRange(frequency, 1_850, 2_150));
    }
}
