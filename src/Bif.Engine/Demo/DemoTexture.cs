using Bif.Kernels;

namespace Bif.Engine.Demo;

/// <summary>The pattern of a background, as a factor of its brightness at each place.</summary>
/// <param name="Kind">0 plain, 1 slope, 2 stripes, 3 checks, 4 dots.</param>
/// <param name="Angle">Direction, radians.</param>
/// <param name="Period">Length of the pattern, pixels.</param>
/// <param name="Strength">Depth of the pattern, as a share of the brightness.</param>
internal readonly record struct DemoTexture(int Kind, double Angle, double Period, double Strength)
{
    /// <summary>Any pattern.</summary>
    public static DemoTexture Random(ref PhiloxStream stream)
        => new(stream.NextInt(5), stream.NextDouble() * Math.PI, 4 + (5 * stream.NextDouble()), 0.08 + (0.17 * stream.NextDouble()));

    /// <summary>The factor at a pixel.</summary>
    public double At(int x, int y)
    {
        var (sine, cosine) = Math.SinCos(Angle);
        var along = (cosine * x) + (sine * y);
        var across = (cosine * y) - (sine * x);
        var (first, second) = (Math.Sin(2 * Math.PI * along / Period), Math.Sin(2 * Math.PI * across / Period));
        return 1 + (Strength * Kind switch
        {
            0 => 0,
            1 => ((cosine * (x - 16)) + (sine * (y - 16))) / 16,
            2 => first > 0 ? 1 : -1,
            3 => first * second > 0 ? 1 : -1,
            _ => first + second > 1 ? 1.5 : -0.5,
        });
    }
}
