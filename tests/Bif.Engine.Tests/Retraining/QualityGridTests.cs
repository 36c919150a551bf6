using System.Xml.Linq;
using Bif.Engine.Retraining;
using Xunit;

namespace Bif.Engine.Tests.Retraining;

/// <summary>Means and errors over pipelines, and their figure.</summary>
public sealed class QualityGridTests
{
    [Fact]
    public void A_cell_is_the_mean_over_its_pipelines_with_the_standard_error_of_that_mean()
    {
        var cells = QualityGrid.Summarise([(1, Quality(0.5, 0.2, 0.9)), (1, Quality(0.5, 0.4, 0.7)), (1, Quality(0.5, 0.6, 0.8)), (0.5, Quality(0.5, 0.1, null))]);
        Assert.Equal(2, cells.Count);
        Assert.Equal((0.5, 1), (cells[0].Attribution, cells[0].Pipelines));
        Assert.Equal(0.2 / (2 * 1.96), cells[0].StandardError, 12);
        Assert.Null(cells[0].Ceiling);
        Assert.Equal(0.4, cells[1].Lds, 12);
        Assert.Equal(0.2 / Math.Sqrt(3), cells[1].StandardError, 12);
        Assert.Equal(0.8, cells[1].Ceiling!.Value, 12);
    }

    [Fact]
    public void The_figure_has_a_panel_per_share_a_line_per_method_and_escaped_names()
    {
        GridCell Cell(double attribution, double share, string method, double lds) => new(attribution, share, method, lds, 0.02, 5, 0.9);
        var svg = XDocument.Parse(QualityFigure.Draw(
        [
            Cell(0.5, 0.25, "bif", 0.3), Cell(0.5, 0.75, "bif", 0.4), Cell(1, 0.25, "bif", 0.5), Cell(1, 0.75, "bif", 0.45),
            Cell(1, 0.25, "a<b", double.NaN), Cell(1, 0.75, "a<b", -0.2),
        ]));
        IEnumerable<XElement> Named(string name) => svg.Descendants().Where(element => element.Name.LocalName == name);
        Assert.Equal(2, Named("text").Count(text => text.Value.StartsWith("attribution", StringComparison.Ordinal)));
        Assert.Equal(5, Named("circle").Count());
        Assert.Equal(4, Named("polyline").Count());
        Assert.Contains(Named("text"), text => text.Value == "a<b");
        Assert.DoesNotContain("NaN", svg.ToString(), StringComparison.Ordinal);
    }

    private static QualityRecord Quality(double share, double lds, double? ceiling) => new()
    {
        Run = "", Measured = DateTime.UnixEpoch, Queries = 1, Ceiling = ceiling,
        Bank = new BankUse("", "", share, 10, 1, 0, 0, 0, ""),
        Methods = [new MethodQuality("bif", lds, lds - 0.1, lds + 0.1, null, null, 0, 0, new MethodCost(null, null, null))],
    };
}
