namespace Bif.Engine.Demo;

/// <summary>The ten classes of the demo: which points of the plane belong to a shape of unit radius around the origin.</summary>
internal static class DemoShapes
{
    private static readonly (double X, double Y)[] StarCorners = [.. Enumerable.Range(0, 10).Select(corner => Polar(corner % 2 == 0 ? 1.0 : 0.42, corner * Math.PI / 5))];
    private static readonly (double X, double Y)[] ArrowCorners = [(-0.95, -0.24), (0.05, -0.24), (0.05, -0.72), (0.95, 0), (0.05, 0.72), (0.05, 0.24), (-0.95, 0.24)];

    /// <summary>Class names by label.</summary>
    public static IReadOnlyList<string> Names { get; } = ["circle", "square", "triangle", "star", "ring", "cross", "crescent", "heart", "arrow", "bars"];

    /// <summary>Whether the point belongs to the shape of this label.</summary>
    public static bool Contains(int label, double x, double y)
    {
        var squared = (x * x) + (y * y);
        return label switch
        {
            0 => squared <= 0.8 * 0.8,
            1 => Math.Max(Math.Abs(x), Math.Abs(y)) <= 0.7,
            2 => y <= 0.5 && (Math.Sqrt(3) * Math.Abs(x)) - y <= 1,
            3 => Inside(StarCorners, x, y),
            4 => squared is >= 0.52 * 0.52 and <= 0.9 * 0.9,
            5 => Math.Min(Math.Abs(x), Math.Abs(y)) <= 0.25 && Math.Max(Math.Abs(x), Math.Abs(y)) <= 0.9,
            6 => squared <= 0.9 * 0.9 && ((x - 0.42) * (x - 0.42)) + (y * y) >= 0.66 * 0.66,
            7 => Heart(1.25 * x, 0.15 - (1.25 * y)),
            8 => Inside(ArrowCorners, x, y),
            9 => Math.Abs(y) <= 0.85 && Math.Abs(x) is >= 0.22 and <= 0.7,
            _ => throw new ArgumentOutOfRangeException(nameof(label)),
        };
    }

    private static (double X, double Y) Polar(double radius, double angle) => (radius * Math.Sin(angle), -radius * Math.Cos(angle));

    private static bool Heart(double x, double y)
    {
        var squared = (x * x) + (y * y) - 0.8;
        return (squared * squared * squared) - (x * x * y * y * y) <= 0;
    }

    // A ray from the point crosses the outline an odd number of times.
    private static bool Inside((double X, double Y)[] corners, double x, double y)
    {
        var inside = false;
        for (int current = 0, previous = corners.Length - 1; current < corners.Length; previous = current++)
        {
            var (a, b) = (corners[current], corners[previous]);
            if (a.Y > y != b.Y > y && x < ((b.X - a.X) * (y - a.Y) / (b.Y - a.Y)) + a.X)
            {
                inside = !inside;
            }
        }

        return inside;
    }
}
