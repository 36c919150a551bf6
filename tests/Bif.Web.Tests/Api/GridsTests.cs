using System.Net;
using System.Text.Json;
using Bif.Engine.Retraining;
using Xunit;

namespace Bif.Web.Tests.Api;

/// <summary>Grids that bif grid left in the data folder: listed, shown, drawn.</summary>
[Collection("application")]
public sealed class GridsTests(RunningApplication running)
{
    private static readonly GridCell[] Cells =
    [
        new(0.5, 0.25, "bif", 0.31, 0.02, 5, 0.9), new(0.5, 0.75, "bif", 0.4, 0.02, 5, 0.92), new(1, 0.25, "a<b", 0.2, 0.05, 5, null), new(1, 0.75, "a<b", double.NaN, 0.05, 5, null),
    ];

    [Fact]
    public async Task A_grid_is_found_with_its_cells_and_its_figure()
    {
        var folder = Path.Combine(running.DataFolder, "grids", "digits & more");
        GridFiles.Write(folder, Cells);
        var all = await running.Application.Get("/api/v1/grids");
        var grid = Assert.Single(all.EnumerateArray(), each => each.GetProperty("name").GetString() == "digits & more");
        Assert.Equal(4, grid.GetProperty("cells").GetArrayLength());
        var address = "/api/v1/grids/" + Uri.EscapeDataString("digits & more");
        var one = await running.Application.Get(address);
        Assert.Equal(0.31, one.GetProperty("cells")[0].GetProperty("lds").GetDouble());
        Assert.Contains("attribution over", await running.Application.Client.GetStringAsync(address + "/figure.svg"), StringComparison.Ordinal);
        using var png = await running.Application.Client.GetAsync(address + "/figure.png");
        Assert.Equal("image/png", png.Content.Headers.ContentType!.MediaType);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], (await png.Content.ReadAsByteArrayAsync())[..4]);

        // The page has the numbers without script; names from files are words, never markup.
        var page = await running.Application.Client.GetStringAsync("/grids/" + Uri.EscapeDataString("digits & more"));
        Assert.Contains("0.310", page, StringComparison.Ordinal);
        Assert.Contains("a&lt;b", page, StringComparison.Ordinal);
        Assert.DoesNotContain("a<b", page, StringComparison.Ordinal);
        Assert.Contains("digits &amp; more", await running.Application.Client.GetStringAsync("/grids"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_grid_is_named_and_hides_no_other()
    {
        var folder = Path.Combine(running.DataFolder, "grids", "damaged");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "grid.json"), "{");
        GridFiles.Write(Path.Combine(running.DataFolder, "grids", "whole"), Cells);
        var page = await running.Application.Client.GetStringAsync("/grids");
        Assert.Contains("whole", page, StringComparison.Ordinal);
        Assert.Contains("is no grid", page, StringComparison.Ordinal);
        using var answer = await running.Application.Client.GetAsync("/api/v1/grids/damaged");
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("bif grid", JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("..%2fruns")]
    [InlineData("..%2f..")]
    public async Task What_is_no_grid_is_not_found(string name)
    {
        using var answer = await running.Application.Client.GetAsync($"/api/v1/grids/{name}");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }
}
