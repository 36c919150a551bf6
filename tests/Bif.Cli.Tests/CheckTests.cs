using System.Text.Json;
using Bif.Cli.Checks;
using Xunit;

namespace Bif.Cli.Tests;

[Trait("Pace", "slow")]
public sealed class CheckTests
{
    [Fact]
    public void Every_known_answer_holds_on_the_CPU()
    {
        using StringWriter output = new(), errors = new();
        var code = CommandLine.Run(["check", "--json"], output, errors);
        var rows = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(rows.Length > 8, errors.ToString());
        Assert.All(rows, row => Assert.True(JsonDocument.Parse(row).RootElement.GetProperty("holds").GetBoolean(), row));
        Assert.Equal(0, code);
    }

    [Theory]
    [InlineData(1.2, true)]
    [InlineData(0.7, false)]
    [InlineData(double.NaN, false)]
    public void An_answer_holds_within_its_tolerance(double measured, bool holds)
        => Assert.Equal(holds, new Answer("figure", measured, 1, 0.25).Holds);

    [Fact]
    public void A_device_that_is_not_there_is_bad_input()
    {
        using StringWriter output = new(), errors = new();
        Assert.Equal(2, CommandLine.Run(["check", "--device", "cuda:9"], output, errors));
        Assert.Contains("cuda:9", errors.ToString(), StringComparison.Ordinal);
    }
}
