using Bif.Testing;
using Xunit;

namespace Bif.Cli.Tests;

/// <summary>What <c>bif train</c> says of the weights that it wrote.</summary>
public sealed class TrainTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("0.05", "")]
    [InlineData("100000", "no better than guessing (0.6931): nothing was learned. Lower --lr (it was 100000)")]
    public void Training_that_learned_nothing_is_said(string rate, string says)
    {
        var random = new Random(1);
        File.WriteAllLines(_folder.At("train.csv"), Enumerable.Range(0, 40).Select(index => $"{(index % 2) + random.NextDouble():R},{random.NextDouble():R},{index % 2}").Prepend("a,b,label"));
        string[] line = ["train", "--model-type", "mlp", "--set", "hidden_sizes=[4]", "--data", _folder.Root + "@train", "--out", _folder.At("model"), "--epochs", "20", "--batch", "10", "--lr", rate];
        var (code, _, errors) = Programs.RunHere(line);
        Assert.Equal(0, code);
        Assert.Equal(says.Length > 0, errors.Contains("warning:", StringComparison.Ordinal));
        Assert.Contains(says, errors, StringComparison.Ordinal);
    }
}
