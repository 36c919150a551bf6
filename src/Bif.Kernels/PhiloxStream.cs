using System.Buffers;

namespace Bif.Kernels;

/// <summary>
/// Random integers and reals that follow from (seed, chain, purpose, step) alone: words 0 to 3 of counters 0, 1, … of the
/// stream. A mutable value: pass it by reference to go on where it stopped.
/// </summary>
public struct PhiloxStream(ulong seed, uint chain, PhiloxPurpose purpose, ulong step)
{
    private ulong _index;
    private int _left;
    private (uint W0, uint W1, uint W2, uint W3) _words;

    /// <summary>The next 32 random bits.</summary>
    public uint NextUInt32()
    {
        if (_left == 0)
        {
            _words = Philox.StreamWords(seed, chain, purpose, step, _index++);
            _left = 4;
        }

        return _left-- switch
        {
            4 => _words.W0,
            3 => _words.W1,
            2 => _words.W2,
            _ => _words.W3,
        };
    }

    /// <summary>The next 64 random bits.</summary>
    public ulong NextUInt64() => ((ulong)NextUInt32() << 32) | NextUInt32();

    /// <summary>Uniform in [0, 1), a multiple of 2⁻⁵³.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1L << 53));

    /// <summary>Uniform in [0, count) without bias: words that would favour some numbers are drawn again.</summary>
    /// <exception cref="ArgumentOutOfRangeException">count is not positive.</exception>
    public int NextInt(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        var excess = (uint)((1UL << 32) % (uint)count);
        uint word;
        do
        {
            word = NextUInt32();
        }
        while (word < excess);
        return (int)(word % (uint)count);
    }

    /// <summary>Puts the values into random order; every order is equally likely (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> values)
    {
        for (var last = values.Length - 1; last > 0; last--)
        {
            var other = NextInt(last + 1);
            (values[last], values[other]) = (values[other], values[last]);
        }
    }

    /// <summary>Fills <paramref name="indices"/> with different numbers below <paramref name="count"/>, in random order.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More are asked for than there are.</exception>
    public void SampleWithoutReplacement(int count, Span<int> indices)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(indices.Length, count);
        if (indices.Length <= count / 16)
        {
            SampleSparsely(count, indices);
            return;
        }

        var pool = ArrayPool<int>.Shared.Rent(count);
        for (var number = 0; number < count; number++)
        {
            pool[number] = number;
        }

        for (var taken = 0; taken < indices.Length; taken++)
        {
            var other = taken + NextInt(count - taken);
            (pool[taken], pool[other]) = (pool[other], pool[taken]);
            indices[taken] = pool[taken];
        }

        ArrayPool<int>.Shared.Return(pool);
    }

    // A few out of many: repeats are rare, so they are drawn again instead of listing every number.
    private void SampleSparsely(int count, Span<int> indices)
    {
        var seen = new HashSet<int>(indices.Length);
        for (var taken = 0; taken < indices.Length;)
        {
            var number = NextInt(count);
            if (seen.Add(number))
            {
                indices[taken++] = number;
            }
        }
    }
}
