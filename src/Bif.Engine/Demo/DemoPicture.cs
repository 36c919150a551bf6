using Bif.Kernels;

namespace Bif.Engine.Demo;

/// <summary>Everything that a picture is drawn from; equal records give equal pixels.</summary>
/// <param name="Label">The shape.</param>
/// <param name="X">Centre, pixels from the left.</param>
/// <param name="Y">Centre, pixels from the top.</param>
/// <param name="Radius">Size in pixels.</param>
/// <param name="Angle">Rotation in radians.</param>
/// <param name="Shape">The shape's colour.</param>
/// <param name="Ground">The background's colour.</param>
/// <param name="Texture">The background's pattern.</param>
/// <param name="Noise">Standard deviation of the pixels' noise, of 255.</param>
/// <param name="NoiseSeed">Which noise.</param>
internal sealed record DemoPicture(
    int Label, double X, double Y, double Radius, double Angle, DemoColor Shape, DemoColor Ground, DemoTexture Texture, double Noise, ulong NoiseSeed)
{
    /// <summary>Height and width in pixels.</summary>
    public const int Size = 32;

    private const int Samples = 3;

    /// <summary>A random picture of a shape.</summary>
    public static DemoPicture Random(int label, ulong seed, ulong number)
    {
        var stream = new PhiloxStream(seed, 0, PhiloxPurpose.Drawing, number);
        var ground = DemoColor.Random(ref stream, stream.NextDouble() < 0.5 ? (0.05, 0.3) : (0.7, 0.95));

        // Shapes stand out by their brightness, so that every picture can be recognised.
        var shape = DemoColor.Random(ref stream, ground.Brightness < 0.5 ? (0.55, 0.95) : (0.05, 0.42));
        return new(
            label,
            16 + Between(ref stream, -2.5, 2.5),
            16 + Between(ref stream, -2.5, 2.5),
            Between(ref stream, 9.5, 13),
            Between(ref stream, 0, 2 * Math.PI),
            shape,
            ground,
            DemoTexture.Random(ref stream),
            Between(ref stream, 3, 12),
            number);
    }

    /// <summary>Nearly the same picture: moved and turned a little, in other light, with other noise.</summary>
    public DemoPicture Varied(ulong seed, ulong number)
    {
        var stream = new PhiloxStream(seed, 0, PhiloxPurpose.Drawing, number);
        var light = Between(ref stream, 0.92, 1.08);
        return this with
        {
            X = X + Between(ref stream, -0.7, 0.7),
            Y = Y + Between(ref stream, -0.7, 0.7),
            Angle = Angle + Between(ref stream, -0.09, 0.09),
            Shape = Shape.Lit(light),
            Ground = Ground.Lit(light),
            NoiseSeed = number,
        };
    }

    /// <summary>Draws it: planes R, G, B of 32×32 bytes, as CIFAR's files have them.</summary>
    public byte[] Draw(ulong seed)
    {
        const int plane = Size * Size;
        var pixels = new byte[3 * plane];
        var noise = new float[3 * plane];
        Philox.Normals(noise, seed, 1, PhiloxPurpose.Drawing, NoiseSeed);
        var (sine, cosine) = Math.SinCos(Angle);
        for (var place = 0; place < plane; place++)
        {
            // The share of the pixel that the shape covers, from a grid of samples: smooth edges.
            var inside = 0;
            for (var sample = 0; sample < Samples * Samples; sample++)
            {
                var x = (place % Size) + ((sample % Samples) + 0.5) / Samples - X;
                var y = (place / Size) + ((sample / Samples) + 0.5) / Samples - Y;
                inside += DemoShapes.Contains(Label, ((cosine * x) + (sine * y)) / Radius, ((cosine * y) - (sine * x)) / Radius) ? 1 : 0;
            }

            var color = Ground.Lit(Texture.At(place % Size, place / Size)).Mixed(Shape, (double)inside / (Samples * Samples));
            for (var channel = 0; channel < 3; channel++)
            {
                var value = (255 * color.Channel(channel)) + (Noise * noise[(channel * plane) + place]);
                pixels[(channel * plane) + place] = (byte)Math.Clamp(Math.Round(value), 0, 255);
            }
        }

        return pixels;
    }

    private static double Between(ref PhiloxStream stream, double lowest, double highest) => lowest + ((highest - lowest) * stream.NextDouble());
}
