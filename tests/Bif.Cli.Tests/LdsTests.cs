using System.Text.Json;
using Bif.Testing;
using Xunit;

namespace Bif.Cli.Tests;

/// <summary>Judging a run by retraining, from the command line.</summary>
public sealed class LdsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Lds_takes_the_recipe_from_the_checkpoint_and_without_one_says_what_it_needs()
    {
        WriteData();
        Succeed(["train", "--model-type", "mlp", "--set", "hidden_sizes=[4]", "--data", _folder.Root + "@train", "--out", _folder.At("model"), "--epochs", "20", "--batch", "10", "--lr", "0.05"]);
        Succeed(["attribute", "--model", _folder.At("model"), "--data", _folder.Root + "@train", "--queries", _folder.Root + "@test", "--out", _folder.At("runs/a"), "--sampler", "laplace", "--draws", "200", "--chains", "2"]);
        string[] lds = ["lds", _folder.At("runs/a"), "--subsets", "20", "--repeats", "2", "--threads", "2"];
        var text = Succeed(lds);
        Assert.Contains("bif", text, StringComparison.Ordinal);
        Assert.Contains("20 epochs, batch 10", text, StringComparison.Ordinal);
        var bank = Assert.Single(Directory.GetDirectories(_folder.At("runs/banks")));
        Assert.True(File.Exists(Path.Combine(bank, "losses.npy")) && File.Exists(_folder.At("runs/a/quality.json")));

        // Every comparison method was computed, and what tables do not allow is said.
        Assert.Contains("gradsim", text, StringComparison.Ordinal);
        Assert.Contains("bm25 is not there", text, StringComparison.Ordinal);
        Assert.Contains("Above the diagonal", text, StringComparison.Ordinal);
        Assert.Contains("| ceiling |", Succeed([.. lds, "--markdown", "--without", "exact,trak"]), StringComparison.Ordinal);

        // The bank is there: nothing is trained again, and the only line is the result.
        using (var json = JsonDocument.Parse(Succeed([.. lds, "--json"])))
        {
            Assert.Equal("bif", json.RootElement.GetProperty("methods")[0].GetProperty("name").GetString());
            Assert.Equal(40, json.RootElement.GetProperty("bank").GetProperty("trained").GetInt32());
        }

        Assert.Contains("75", Succeed(["grid", _folder.At("runs/a"), "--alphas", "0.5,0.75", "--subsets", "10", "--out", _folder.At("grid")]), StringComparison.Ordinal);
        Assert.Equal(2, File.ReadLines(_folder.At("grid/grid.csv")).Count(line => line.Contains(",bif,", StringComparison.Ordinal)));
        Succeed(["grid", _folder.At("runs/a"), "--subsets", "10", "--out", _folder.At("grid")]);
        Assert.Equal(["0.25", "0.5", "0.75"], File.ReadLines(_folder.At("grid/grid.csv")).Where(line => line.Contains(",bif,", StringComparison.Ordinal)).Select(line => line.Split(',')[1]));
        Assert.Contains("--alphas must be", Fail(["grid", _folder.At("runs/a"), "--alphas", "0.5,1", "--out", _folder.At("grid")]), StringComparison.Ordinal);
        Assert.Contains("rank correlation", Succeed(["retrain", _folder.At("runs/a"), "--top-of", "1", "-k", "5", "--repeats", "2"]), StringComparison.Ordinal);
        Assert.Contains("--without", Fail(["retrain", _folder.At("runs/a")]), StringComparison.Ordinal);
        Assert.Contains("Without 4 items", Succeed(["retrain", _folder.At("runs/a"), "--suspects", "4", "--repeats", "2"]), StringComparison.Ordinal);
        Assert.Contains("leave some out and some in", Fail(["retrain", _folder.At("runs/a"), "--suspects", "40", "--repeats", "2"]), StringComparison.Ordinal);
        Assert.True(File.Exists(_folder.At("grid/grid.svg")) && File.Exists(_folder.At("grid/grid.png")));

        // Clusters: all of them beside a query, one of them as a set; the same items either way.
        using (var clusters = JsonDocument.Parse(Succeed(["group", _folder.At("runs/a"), "--query", "1", "--clusters", "3", "--json"])))
        {
            var second = clusters.RootElement.GetProperty("clusters")[1];
            using var one = JsonDocument.Parse(Succeed(["group", _folder.At("runs/a"), "--query", "1", "--cluster", "2", "--clusters", "3", "--json"]));
            Assert.Equal(second.GetProperty("items").GetArrayLength(), one.RootElement.GetProperty("items").GetInt32());
            Assert.Equal(second.GetProperty("bif").GetDouble(), one.RootElement.GetProperty("bif").GetDouble());
        }

        Assert.Contains("cohesion", Succeed(["group", _folder.At("runs/a"), "--clusters", "3"]), StringComparison.Ordinal);
        Assert.Contains("3 of 40 items", Succeed(["group", _folder.At("runs/a"), "--suspects", "3"]), StringComparison.Ordinal);
        Assert.Contains("there is no cluster 9", Fail(["group", _folder.At("runs/a"), "--cluster", "9", "--clusters", "3"]), StringComparison.Ordinal);
        Assert.Contains("Say which items", Fail(["group", _folder.At("runs/a"), "--suspects", "3", "--class", "1"]), StringComparison.Ordinal);
        File.Delete(_folder.At("model/training.json"));
        Assert.Contains("--epochs, --lr", Fail([.. lds, "--batch", "10"]), StringComparison.Ordinal);
        Assert.Contains("another structure, recipe", Fail([.. lds, "--batch", "9", "--epochs", "2", "--lr", "0.1", "--bank", bank]), StringComparison.Ordinal);
    }

    private void WriteData()
    {
        var random = new Random(1);
        string Row() => random.Next(2) is var label && random.NextDouble() is var noise ? $"{label + noise:R},{random.NextDouble():R},{label}" : "";
        File.WriteAllLines(_folder.At("train.csv"), Enumerable.Range(0, 40).Select(_ => Row()).Prepend("a,b,label"));
        File.WriteAllLines(_folder.At("test.csv"), Enumerable.Range(0, 6).Select(_ => Row()).Prepend("a,b,label"));
    }

    private static string Succeed(string[] arguments)
    {
        var (code, output, errors) = Programs.RunHere(arguments);
        Assert.True(code == 0, errors);
        return output;
    }

    private static string Fail(string[] arguments)
    {
        var (code, _, errors) = Programs.RunHere(arguments);
        Assert.Equal(2, code);
        return Assert.Single(errors.TrimEnd('\n').Split('\n'));
    }
}
