using System.Globalization;
using System.Security;
using System.Text;

namespace Bif.Engine.Figures;

/// <summary>A figure of lines, marks and words on white, as SVG. Coordinates are pixels from the upper left corner.</summary>
public sealed class SvgDrawing
{
    /// <summary>Okabe and Ito's colours, which differ for every kind of colour vision; after eight they come again.</summary>
    private static readonly string[] Colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999933"];
    private readonly StringBuilder _svg = new();

    /// <summary>An empty figure.</summary>
    public SvgDrawing(int width, int height)
    {
        _svg.AppendLine($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" font-family=\"system-ui, DejaVu Sans, sans-serif\" font-size=\"12\">");
        _svg.AppendLine($"<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>");
    }

    /// <summary>The colour of the n-th thing that is told apart by colour, from 0.</summary>
    public static string Colour(int index) => Colours[index % Colours.Length];

    /// <summary>A rectangle.</summary>
    /// <param name="x">Left.</param>
    /// <param name="y">Top.</param>
    /// <param name="width">Width.</param>
    /// <param name="height">Height.</param>
    /// <param name="fill">Colour of the inside, or none.</param>
    /// <param name="stroke">Colour of the edge, or none.</param>
    /// <param name="style">Further attributes, as SVG writes them.</param>
    public void Rectangle(double x, double y, double width, double height, string fill, string stroke, string style = "")
        => _svg.AppendLine(Invariant($"<rect x=\"{x:F1}\" y=\"{y:F1}\" width=\"{width:F1}\" height=\"{height:F1}\" fill=\"{fill}\" stroke=\"{stroke}\"{Attributes(style)}/>"));

    /// <summary>A straight line.</summary>
    public void Line(double x1, double y1, double x2, double y2, string colour, string style = "")
        => _svg.AppendLine(Invariant($"<line x1=\"{x1:F1}\" y1=\"{y1:F1}\" x2=\"{x2:F1}\" y2=\"{y2:F1}\" stroke=\"{colour}\"{Attributes(style)}/>"));

    /// <summary>A line through points; nothing for fewer than two.</summary>
    public void Path(IReadOnlyList<(double X, double Y)> points, string colour, string style = "")
    {
        if (points.Count > 1)
        {
            _svg.AppendLine($"<polyline points=\"{string.Join(' ', points.Select(point => Invariant($"{point.X:F1},{point.Y:F1}")))}\" fill=\"none\" stroke=\"{colour}\"{Attributes(style)}/>");
        }
    }

    /// <summary>A filled circle.</summary>
    public void Dot(double x, double y, double radius, string colour)
        => _svg.AppendLine(Invariant($"<circle cx=\"{x:F1}\" cy=\"{y:F1}\" r=\"{radius}\" fill=\"{colour}\"/>"));

    /// <summary>A line of words, which may come from elsewhere.</summary>
    /// <param name="x">Where <paramref name="anchor"/> lies.</param>
    /// <param name="y">The base line.</param>
    /// <param name="text">The words.</param>
    /// <param name="anchor">start, middle or end.</param>
    /// <param name="size">Pixels.</param>
    /// <param name="colour">Colour.</param>
    /// <param name="style">Further attributes, as SVG writes them.</param>
    public void Text(double x, double y, string text, string anchor = "start", int size = 12, string colour = "#222", string style = "")
        => _svg.AppendLine(Invariant($"<text x=\"{x:F1}\" y=\"{y:F1}\" font-size=\"{size}\" text-anchor=\"{anchor}\" fill=\"{colour}\"{Attributes(style)}>{SecurityElement.Escape(text)}</text>"));

    /// <summary>The document.</summary>
    public override string ToString() => _svg + "</svg>\n";

    private static string Attributes(string style) => style.Length > 0 ? " " + style : "";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
