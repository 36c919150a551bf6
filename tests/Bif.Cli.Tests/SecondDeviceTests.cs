using Bif.Engine.Arrays;
using Bif.Testing;
using Xunit;

namespace Bif.Cli.Tests;

/// <summary>Runs on a device other than the host: every tensor where it belongs, the CPU's scores, and a host that does not wait.</summary>
[Trait("Pace", "slow")]
public sealed class SecondDeviceTests : IDisposable
{
    private const string Pictures = "--data {shared}/mnist@train[0:24] --queries {shared}/mnist@test[0:2] --chains 2";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SecondDeviceTheory]
    [InlineData("--model {model} " + Pictures + " --sampler laplace --preconditioner lowrank --draws 6")]
    [InlineData("--model {shared}/stories260K --data {shared}/text/tinystories.txt[0:5] --queries {shared}/text/tinystories.txt[-2:] --windows first --context 16 --per-token --sampler laplace --preconditioner diagonal --nbeta 10 --gamma 10000 --chains 1 --draws 6")]
    public void A_run_there_has_the_scores_of_the_CPU(string settings)
    {
        Train();
        foreach (var device in new[] { "cpu", "cuda:0" })
        {
            var run = _folder.At(device);
            Run(device, $"attribute {settings} --device {device} --out {run}");
            Run(device, settings.Contains("--per-token", StringComparison.Ordinal)
                ? $"tokens {run} --query 0 --token 3 --noise-free"
                : $"query {run} --queries {{shared}}/mnist@test[4:5]");
        }

        foreach (var file in Directory.GetFiles(_folder.At("cpu"), "*.npy", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) is "bif.npy" or "correlation.npy"))
        {
            var name = Path.GetRelativePath(_folder.At("cpu"), file);
            var (expected, actual) = (NpyFile.Read<float>(file).Values, NpyFile.Read<float>(Path.Combine(_folder.At("cuda:0"), name)).Values);
            var largest = expected.Max(Math.Abs);
            Assert.Equal(expected.Length, actual.Length);
            Assert.All(expected.Zip(actual), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 0.01 * largest, $"{name}: {pair.Second} beside {pair.First}"));
        }
    }

    [SecondDeviceTheory]
    [InlineData("laplace --preconditioner diagonal", 2, 32)]
    [InlineData("sgld --epsilon 1e-6 --batch 8 --thin 1 --burn-in 0", 3, 32)]
    public void The_host_waits_for_a_block_of_draws_not_for_losses_and_asks_once_for_a_whole_pass(string sampler, int waits, int asks)
    {
        Train();

        // Seven forward passes per draw, some 150 operators. What is left is the noise or the step, which without a CUDA compiler take the
        // way over the host, and the copies of each pass's losses.
        long[] Account(int draws) => [.. Run(
            "cuda:0", $"attribute --model {{model}} {Pictures} --sampler {sampler} --nbeta 10 --gamma 1000 --eval-batch 4 --draws {draws} --device cuda:0 --out {_folder.At($"{draws}")}")
            .Split(' ').Select(number => long.Parse(number, System.Globalization.CultureInfo.InvariantCulture))];

        // The first run on a machine measures batch sizes as well.
        _ = Account(4);
        var (few, many) = (Account(20), Account(60));
        Assert.InRange(many[0] - few[0], 0, (40 * 2 * waits) + 20);
        Assert.InRange(many[2] - few[2], 0, 40 * 2 * asks);
    }

    private void Train() => Run("cpu", "train --model-type mlp --data {shared}/mnist@train[0:60] --set hidden_sizes=[4] --epochs 1 --out {model}");

    private string Run(string device, string arguments)
    {
        var words = arguments.Replace("{shared}", SharedData.Root, StringComparison.Ordinal).Replace("{model}", _folder.At("model"), StringComparison.Ordinal).Split(' ');
        var start = Programs.Bif(words);
        var account = _folder.At("account");
        if (device != "cpu")
        {
            SecondDevice.AddTo(start, account);
        }

        var (code, output, errors) = Programs.Run(start);
        Assert.True(code == 0, $"bif {arguments} on {device}: exit code {code}\n{output}\n{errors}");
        return File.Exists(account) ? File.ReadAllText(account) : "";
    }
}

/// <summary>A theory that is skipped where the data or the second device are not to be had.</summary>
internal sealed class SecondDeviceTheoryAttribute : TheoryAttribute
{
    public SecondDeviceTheoryAttribute()
        => Skip = new SharedDataFactAttribute("mnist", "stories260K", "text").Skip ?? SecondDevice.WhyNot;
}
