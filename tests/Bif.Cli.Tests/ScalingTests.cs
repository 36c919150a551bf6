using System.Text.Json;
using System.Xml.Linq;
using Bif.Testing;
using Xunit;

namespace Bif.Cli.Tests;

/// <summary>Time and memory over sizes of models: child processes, bounds, files.</summary>
[Trait("Pace", "slow")]
public sealed class ScalingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_size_is_measured_in_a_process_of_its_own_and_the_same_line_goes_on()
    {
        string[] line = ["bench", "scaling", "--out", _folder.At("scaling"), "--sizes", "2", "--items", "8", "--queries", "2", "--effective-draws", "20", "--families", "convolutional", "--json"];
        var rows = Rows(line);
        Assert.Equal(["bif", "ekfac", "bif", "ekfac"], rows.Select(row => row.GetProperty("method").GetString()));
        foreach (var row in rows)
        {
            Assert.False(row.TryGetProperty("missing", out var missing), missing.ToString());
            Assert.True(row.GetProperty("seconds").GetDouble() > 0);

            // Program and libraries alone take tens of megabytes.
            Assert.InRange(row.GetProperty("peakBytes").GetInt64(), 40L << 20, 4L << 30);
        }

        Assert.True(rows[2].GetProperty("parameters").GetInt64() > rows[0].GetProperty("parameters").GetInt64());
        Assert.True(rows[0].GetProperty("measuredDraws").GetDouble() > 10, rows[0].ToString());
        Assert.Equal(5, File.ReadLines(_folder.At("scaling/scaling.csv")).Count());
        Assert.True(File.Exists(_folder.At("scaling/scaling.png")));
        var figure = XDocument.Load(_folder.At("scaling/scaling.svg"));
        Assert.Equal(8, figure.Descendants().Count(element => element.Name.LocalName == "circle"));
        Assert.False(Directory.Exists(_folder.At("scaling/work")));

        // What is there is not measured again: the numbers are the same to the last digit.
        Assert.Equal(rows.Select(row => row.ToString()), Rows(line).Select(row => row.ToString()));
    }

    [Fact]
    public void Sizes_beyond_the_bounds_are_named_and_larger_ones_are_not_tried()
    {
        var rows = Rows(["bench", "scaling", "--out", _folder.At("scaling"), "--sizes", "2", "--items", "8", "--queries", "2", "--effective-draws", "20", "--families", "language", "--most-memory", "30MiB", "--json"]);
        Assert.Equal(4, rows.Count);
        Assert.All(rows.Take(2), row => Assert.Contains("more than 30 MiB of memory", row.GetProperty("missing").GetString(), StringComparison.Ordinal));
        Assert.All(rows.Skip(2), row => Assert.Contains("not tried", row.GetProperty("missing").GetString(), StringComparison.Ordinal));
        Assert.Contains("did not fit", File.ReadAllText(_folder.At("scaling/scaling.svg")), StringComparison.Ordinal);
    }

    [Fact]
    public void It_runs_by_itself_on_families_that_there_are()
    {
        Assert.Contains("name it alone", Fail(["bench", "scaling", "step"]), StringComparison.Ordinal);
        Assert.Contains("choose language or convolutional", Fail(["bench", "scaling", "--families", "linear"]), StringComparison.Ordinal);
    }

    private static List<JsonElement> Rows(string[] arguments)
    {
        var (code, output, errors) = Programs.RunHere(arguments);
        Assert.True(code == 0, errors);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    private static string Fail(string[] arguments)
    {
        var (code, _, errors) = Programs.RunHere(arguments);
        Assert.Equal(2, code);
        return Assert.Single(errors.TrimEnd('\n').Split('\n'));
    }
}
