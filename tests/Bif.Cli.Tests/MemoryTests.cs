using System.Text.Json;
using Bif.Testing;
using Xunit;

namespace Bif.Cli.Tests;

/// <summary>What a run takes of memory, as a process of its own.</summary>
public sealed class MemoryTests
{
    private const long Parameters = 269_722;
    private const long Pixels = 6000 * 3073;

    // Few items, draws and chains: the directions of the curvature and the control variate's panel are as large as with many. One thread takes
    // as much as two, which beside other tests wait for one another for minutes.
    [SharedDataFact("resnet20-cifar10", "cifar10")]
    public void A_calibrated_run_stays_below_the_data_and_eight_times_the_parameters_and_512_MiB()
    {
        using var folder = new TemporaryFolder();
        var data = SharedData.At("cifar10");
        var (code, output, errors) = Programs.Run(Programs.Bif(
            "attribute", "--model", SharedData.At("resnet20-cifar10"), "--data", data + "@train[0:60]", "--queries", data + "@test[0:4]",
            "--out", folder.At("run"), "--draws", "4", "--chains", "2", "--threads", "1", "--json"));
        Assert.True(code == 0, errors);
        using var result = JsonDocument.Parse(output.TrimEnd().Split('\n')[^1]);
        Assert.InRange(result.RootElement.GetProperty("peakBytes").GetInt64(), 100L << 20, Pixels + (8 * sizeof(float) * Parameters) + (512L << 20));
    }
}
