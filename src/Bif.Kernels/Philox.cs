namespace Bif.Kernels;

/// <summary>
/// Philox 4×32-10 (Salmon, Moraes, Dror, Shaw 2011), the plain twin of the native noise: the same words, and the same
/// standard normals bit for bit. src/native/philox.h documents which counter an element uses.
/// </summary>
public static class Philox
{
    /// <summary>The four words of one counter under one key.</summary>
    public static (uint W0, uint W1, uint W2, uint W3) Generate(uint key0, uint key1, uint c0, uint c1, uint c2, uint c3)
    {
        for (var round = 0; round < 10; round++)
        {
            var product0 = (ulong)0xD2511F53 * c0;
            var product1 = (ulong)0xCD9E8D57 * c2;
            c0 = (uint)(product1 >> 32) ^ c1 ^ key0;
            c2 = (uint)(product0 >> 32) ^ c3 ^ key1;
            c1 = (uint)product1;
            c3 = (uint)product0;
            key0 += 0x9E3779B9;
            key1 += 0xBB67AE85;
        }

        return (c0, c1, c2, c3);
    }

    /// <summary>Fills standard normals: element i of the vector at (seed, chain, purpose, step).</summary>
    public static void Normals(Span<float> destination, ulong seed, uint chain, PhiloxPurpose purpose, ulong step)
    {
        for (var index = 0; index < destination.Length; index++)
        {
            var counter = (uint)((16L * (index / 64)) + (index % 16));
            var (w0, w1, w2, w3) = Generate(
                (uint)seed, (uint)(seed >> 32), counter, chain | ((uint)purpose << 24), (uint)step, (uint)(step >> 32));
            destination[index] = (index / 16 % 4) switch
            {
                0 => BoxMuller(w0, w1).First,
                1 => BoxMuller(w0, w1).Second,
                2 => BoxMuller(w2, w3).First,
                _ => BoxMuller(w2, w3).Second,
            };
        }
    }

    private static (float First, float Second) BoxMuller(uint radiusWord, uint angleWord)
    {
        var radius = MathF.Sqrt(-2f * LogUniform(radiusWord));
        var quadrant = angleWord >> 30;
        var fraction = MathF.FusedMultiplyAdd(
            (angleWord << 2) >> 8, 5.9604644775390625e-8f, -0.5f + 2.98023223876953125e-8f);
        var theta = fraction * 1.57079632679489662f;
        var z = theta * theta;
        var s = MathF.FusedMultiplyAdd(-1.9515295891e-4f, z, 8.3321608736e-3f);
        s = MathF.FusedMultiplyAdd(s, z, -1.6666654611e-1f);
        s = MathF.FusedMultiplyAdd(s * z, theta, theta);
        var c = MathF.FusedMultiplyAdd(2.443315711809948e-5f, z, -1.388731625493765e-3f);
        c = MathF.FusedMultiplyAdd(c, z, 4.166664568298827e-2f);
        c = MathF.FusedMultiplyAdd(c * z, z, MathF.FusedMultiplyAdd(-0.5f, z, 1f));
        return quadrant switch
        {
            0 => (radius * c, radius * s),
            1 => (radius * -s, radius * c),
            2 => (radius * -c, radius * -s),
            _ => (radius * s, radius * -c),
        };
    }

    private static float LogUniform(uint word)
    {
        var u = ((word >> 8) + 1u) * 5.9604644775390625e-8f;
        var shifted = BitConverter.SingleToUInt32Bits(u) - 0x3f3504f3u;
        float exponent = (int)shifted >> 23;
        var x = BitConverter.UInt32BitsToSingle((shifted & 0x007fffffu) + 0x3f3504f3u) - 1f;
        var z = x * x;
        ReadOnlySpan<float> coefficients =
        [
            -1.1514610310e-1f, 1.1676998740e-1f, -1.2420140846e-1f, 1.4249322787e-1f,
            -1.6668057665e-1f, 2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f,
        ];
        var p = 7.0376836292e-2f;
        foreach (var coefficient in coefficients)
        {
            p = MathF.FusedMultiplyAdd(p, x, coefficient);
        }

        var y = p * x * z;
        y = MathF.FusedMultiplyAdd(exponent, -2.12194440e-4f, y);
        y = MathF.FusedMultiplyAdd(-0.5f, z, y);
        return MathF.FusedMultiplyAdd(exponent, 0.693359375f, x + y);
    }
}
