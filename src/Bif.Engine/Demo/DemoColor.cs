using Bif.Kernels;

namespace Bif.Engine.Demo;

/// <summary>Red, green and blue from 0 to 1.</summary>
internal readonly record struct DemoColor(double Red, double Green, double Blue)
{
    /// <summary>Perceived brightness (Rec. 601).</summary>
    public double Brightness => (0.299 * Red) + (0.587 * Green) + (0.114 * Blue);

    /// <summary>Any hue and saturation at a brightness within bounds.</summary>
    public static DemoColor Random(ref PhiloxStream stream, (double Lowest, double Highest) brightness)
    {
        while (true)
        {
            var color = new DemoColor(stream.NextDouble(), stream.NextDouble(), stream.NextDouble());
            if (color.Brightness >= brightness.Lowest && color.Brightness <= brightness.Highest)
            {
                return color;
            }
        }
    }

    /// <summary>The colour in other light.</summary>
    public DemoColor Lit(double factor) => new(Red * factor, Green * factor, Blue * factor);

    /// <summary>A mixture with a share of another colour.</summary>
    public DemoColor Mixed(DemoColor other, double share) => new(
        Red + (share * (other.Red - Red)), Green + (share * (other.Green - Green)), Blue + (share * (other.Blue - Blue)));

    /// <summary>The value of channel 0 (red), 1 (green) or 2 (blue).</summary>
    public double Channel(int channel) => channel switch
    {
        0 => Red,
        1 => Green,
        _ => Blue,
    };
}
