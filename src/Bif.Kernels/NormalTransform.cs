using static System.BitConverter;
using static System.MathF;

namespace Bif.Kernels;

/// <summary>
/// Box and Muller's transform in float32 from correctly rounded operations in a fixed order: the same bits as
/// <c>src/native/normal.h</c>, operation for operation, on every processor.
/// </summary>
internal static class NormalTransform
{
    /// <summary>Two independent standard normals from two random words: u in (0, 1] of 31 bits, an angle of 32.</summary>
    public static (float First, float Second) Pair(uint radiusWord, uint angleWord)
    {
        var u = FusedMultiplyAdd((int)(radiusWord >> 1), 4.656613e-10f, 2.3283064e-10f); // 2⁻³¹, 2⁻³²
        var radius = Sqrt(-2f * NaturalLog(u));
        var (sine, cosine) = SineCosine(angleWord);
        return (radius * cosine, radius * sine);
    }

    /// <summary>ln x of a normal positive x, within 1 unit in the last place.</summary>
    internal static float NaturalLog(float x)
    {
        // x = 2^e·(1 + f) with 1 + f between √½ and √2.
        var offset = SingleToUInt32Bits(x) - 0x3F3504F3u;
        float e = (int)offset >> 23;
        var f = UInt32BitsToSingle((offset & 0x007FFFFFu) + 0x3F3504F3u) - 1f;
        var p = 0.067466386f;
        p = FusedMultiplyAdd(p, f, -0.11675651f);
        p = FusedMultiplyAdd(p, f, 0.11888163f);
        p = FusedMultiplyAdd(p, f, -0.12405589f);
        p = FusedMultiplyAdd(p, f, 0.14219552f);
        p = FusedMultiplyAdd(p, f, -0.16667996f);
        p = FusedMultiplyAdd(p, f, 0.20002119f);
        p = FusedMultiplyAdd(p, f, -0.2500001f);
        p = FusedMultiplyAdd(p, f, 0.33333313f);
        var square = f * f;
        var tail = FusedMultiplyAdd(p * f, square, FusedMultiplyAdd(-0.5f, square, e * 1.4286068e-06f));
        return FusedMultiplyAdd(e, 0.69314575f, f + tail);
    }

    /// <summary>Sine and cosine of 2π·turn/2³², within 2.3 units in the last place.</summary>
    internal static (float Sine, float Cosine) SineCosine(uint turn)
    {
        var quarter = (turn + 0x20000000u) >> 30;
        float n = (int)(turn - (quarter << 30));
        var t = FusedMultiplyAdd(n, 1.4629181e-09f, n * -4.0709403e-17f);
        var z = t * t;
        var s = 2.7181216e-06f;
        s = FusedMultiplyAdd(s, z, -0.00019839313f);
        s = FusedMultiplyAdd(s, z, 0.008333329f);
        s = FusedMultiplyAdd(s, z, -0.16666667f);
        s = FusedMultiplyAdd(s * z, t, t);
        var c = -2.7205755e-07f;
        c = FusedMultiplyAdd(c, z, 2.479946e-05f);
        c = FusedMultiplyAdd(c, z, -0.0013888883f);
        c = FusedMultiplyAdd(c, z, 0.041666668f);
        c = FusedMultiplyAdd(c * z, z, FusedMultiplyAdd(-0.5f, z, 1f));
        var (sine, cosine) = (quarter & 1) != 0 ? (c, s) : (s, c);
        return ((quarter & 2) != 0 ? -sine : sine, ((quarter + 1) & 2) != 0 ? -cosine : cosine);
    }
}
