namespace Bif.Kernels;

/// <summary>
/// Philox 4×32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
/// 1, 2, 3" (SC 2011): random words are a pure function of (key, counter), so any of them can be made in any order, on
/// any number of threads, and again. The plain twin of <c>src/native/philox.h</c>.
/// </summary>
/// <remarks>
/// The streams of this program, each named by (seed, chain, purpose, step), use
/// key = (seed low, seed high) and
/// counter = (index low, chain, step low, step bits 32..47 ≪ 16 | purpose ≪ 8 | index bits 32..39).
/// Different streams therefore never share a word while step &lt; 2⁴⁸ and purpose &lt; 256.
/// </remarks>
public static class Philox
{
    /// <summary>The four words of one counter under one key.</summary>
    public static (uint W0, uint W1, uint W2, uint W3) Generate(uint key0, uint key1, uint c0, uint c1, uint c2, uint c3)
    {
        for (var round = 0; round < 10; round++)
        {
            var product0 = 0xD2511F53UL * c0;
            var product1 = 0xCD9E8D57UL * c2;
            (c0, c1, c2, c3) = ((uint)(product1 >> 32) ^ c1 ^ key0, (uint)product1, (uint)(product0 >> 32) ^ c3 ^ key1, (uint)product0);
            key0 += 0x9E3779B9;
            key1 += 0xBB67AE85;
        }

        return (c0, c1, c2, c3);
    }

    /// <summary>The four words of counter <paramref name="index"/> (below 2⁴⁰) of a stream.</summary>
    public static (uint W0, uint W1, uint W2, uint W3) StreamWords(ulong seed, uint chain, PhiloxPurpose purpose, ulong step, ulong index)
        => Generate(
            (uint)seed, (uint)(seed >> 32),
            (uint)index, chain, (uint)step, ((uint)(step >> 32) << 16) | ((uint)purpose << 8) | (uint)(index >> 32));

    /// <summary>
    /// Fills a vector with the stream's standard normals, bit for bit those of <see cref="LangevinStep.Normals"/>.
    /// Element 64·b + j is made by counter 16·b + j mod 16, of whose four normals (words 0 and 1 give the first two, words
    /// 2 and 3 the others) it is number j div 16.
    /// </summary>
    public static void Normals(Span<float> destination, ulong seed, uint chain, PhiloxPurpose purpose, ulong step)
    {
        for (var block = 0L; block * 64 < destination.Length; block++)
        {
            var elements = destination[(int)(block * 64)..];
            for (var lane = 0; lane < Math.Min(16, elements.Length); lane++)
            {
                var (x0, x1, x2, x3) = StreamWords(seed, chain, purpose, step, (ulong)((block * 16) + lane));
                var (n0, n1) = NormalTransform.Pair(x0, x1);
                var (n2, n3) = NormalTransform.Pair(x2, x3);
                ReadOnlySpan<float> normals = [n0, n1, n2, n3];
                for (var number = 0; number < 4 && (16 * number) + lane < elements.Length; number++)
                {
                    elements[(16 * number) + lane] = normals[number];
                }
            }
        }
    }
}
