using System.Xml.Linq;
using Bif.Engine.Retraining;
using Bif.Kernels;
using Bif.Testing;
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

    [Fact]
    public void A_grids_folder_reads_back_and_has_the_figure_as_SVG_and_as_PNG_of_twice_the_pixels()
    {
        using var folder = new TemporaryFolder();
        GridCell[] cells = [new(1, 0.25, "bif", 0.3, 0.02, 5, 0.9), new(1, 0.75, "bif", double.NaN, 0.03, 5, null)];
        Assert.Null(GridFiles.Write(folder.At("grid"), cells));
        Assert.Equal(cells, GridFiles.Read(folder.At("grid")));
        Assert.Equal(QualityFigure.Draw(cells), File.ReadAllText(folder.At("grid/grid.svg")));
        var svg = XDocument.Parse(QualityFigure.Draw(cells)).Root!;
        Assert.Equal((2 * (int)svg.Attribute("width")!, 2 * (int)svg.Attribute("height")!), Images.Size(folder.At("grid/grid.png")));

        // Lines were drawn, and words: neither white alone nor grey alone.
        var (width, height) = Images.Size(folder.At("grid/grid.png"));
        var pixels = new byte[3 * width * height];
        Images.Decode(folder.At("grid/grid.png"), 3, null, null, pixels);
        Assert.Contains(Enumerable.Range(0, width * height), place => pixels[place] < 40 && pixels[(2 * width * height) + place] > 140);
        Assert.Contains(Enumerable.Range(0, width * height), place => pixels[place] < 60 && pixels[(2 * width * height) + place] < 60);
        File.WriteAllText(folder.At("grid/grid.json"), "[]");
        Assert.Contains("bif grid", Assert.Throws<InputException>(() => GridFiles.Read(folder.At("grid"))).Message, StringComparison.Ordinal);
    }

    private static QualityRecord Quality(double share, double lds, double? ceiling) => new()
    {
        Run = "", Measured = DateTime.UnixEpoch, Queries = 1, Ceiling = ceiling,
        Bank = new BankUse("", "", share, 10, 1, 0, 0, 0, ""),
        Methods = [new MethodQuality("bif", lds, lds - 0.1, lds + 0.1, null, null, 0, 0, new MethodCost(null, null, null))],
    };
}
