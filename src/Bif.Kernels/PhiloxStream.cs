using System.Buffers;

namespace Bif.Kernels;

/// <summary>A stream of random numbers that follows from (seed, chain, purpose, step) alone.</summary>
public struct PhiloxStream(ulong seed, uint chain, PhiloxPurpose purpose, ulong step)
{
    private uint _counter;
    private int _left;
    private uint _word1;
    private uint _word2;
    private uint _word3;

    /// <summary>The next 32 random bits.</summary>
    public uint NextUInt32()
    {
        switch (_left--)
        {
            case 3:
                return _word1;
            case 2:
                return _word2;
            case 1:
                return _word3;
        }

        (var first, _word1, _word2, _word3) = Philox.Generate(
            (uint)seed, (uint)(seed >> 32), _counter++, chain | ((uint)purpose << 24), (uint)step, (uint)(step >> 32));
        _left = 3;
        return first;
    }

    /// <summary>Uniform in [0, 1).</summary>
    public double NextDouble() => ((((ulong)NextUInt32() << 32) | NextUInt32()) >> 11) * (1.0 / (1L << 53));

    /// <summary>Uniform in [0, count), without bias (Lemire 2019).</summary>
    public int NextInt(int count)
    {
        var bound = (uint)count;
        var product = (ulong)NextUInt32() * bound;
        if ((uint)product < bound)
        {
            var threshold = (0u - bound) % bound;
            while ((uint)product < threshold)
            {
                product = (ulong)NextUInt32() * bound;
            }
        }

        return (int)(product >> 32);
    }

    /// <summary>Fills <paramref name="indices"/> with different numbers below <paramref name="count"/>, in random order.</summary>
    public void SampleWithoutReplacement(int count, Span<int> indices)
    {
        var pool = ArrayPool<int>.Shared.Rent(count);
        for (var index = 0; index < count; index++)
        {
            pool[index] = index;
        }

        for (var index = 0; index < indices.Length; index++)
        {
            var chosen = index + NextInt(count - index);
            (pool[index], pool[chosen]) = (pool[chosen], pool[index]);
            indices[index] = pool[index];
        }

        ArrayPool<int>.Shared.Return(pool);
    }
}
