using System.Diagnostics;
using System.Text.Json;
using Bif.Testing;
using Xunit;

namespace Bif.Cli.Tests;

/// <summary>The program as a process: killed, resumed, read by others.</summary>
[Trait("Pace", "slow")]
public sealed class RunTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_run_that_is_killed_continues_to_the_same_scores_and_top_and_export_read_it()
    {
        WriteProblem();
        string[] settings = ["--epsilon", "0.001", "--nbeta", "20", "--gamma", "2", "--batch", "8", "--chains", "2", "--draws", "3000", "--thin", "4", "--burn-in", "20", "--eval-batch", "20"];
        Attribute("whole", settings);
        using (var killed = Start(["attribute", .. Paths("killed"), .. settings]))
        {
            var states = _folder.At("killed/chains");
            var clock = Stopwatch.StartNew();
            while (!killed.HasExited && clock.Elapsed < TimeSpan.FromSeconds(60) && !(Directory.Exists(states) && Directory.GetFiles(states, "*.safetensors").Length == 2))
            {
                Thread.Sleep(5);
            }

            Assert.False(killed.HasExited, "the run ended before it could be killed");
            killed.Kill();
            killed.WaitForExit();
        }

        Assert.False(File.Exists(_folder.At("killed/scores/bif.npy")));
        var (code, _, errors) = Run(["attribute", .. Paths("killed"), .. settings]);
        Assert.Equal(2, code);
        Assert.Contains("--resume", errors, StringComparison.Ordinal);
        Attribute("killed", [.. settings, "--resume"]);
        foreach (var file in new[] { "bif.npy", "correlation.npy", "correlation_se.npy" })
        {
            Assert.Equal(File.ReadAllBytes(_folder.At("whole/scores/" + file)), File.ReadAllBytes(_folder.At("killed/scores/" + file)));
        }

        var (topCode, top, _) = Run(["top", _folder.At("whole"), "--query", "0", "-k", "3", "--json"]);
        Assert.Equal(0, topCode);
        using var json = JsonDocument.Parse(top);
        Assert.Equal(3, json.RootElement.GetProperty("helpful").GetArrayLength());
        Assert.Equal(2, Run(["top", _folder.At("whole"), "--query", "99"]).Code);
        foreach (var format in new[] { "npy", "csv", "json" })
        {
            Assert.Equal(0, Run(["export", _folder.At("whole"), "--format", format, "--out", _folder.At("out-" + format)]).Code);
        }

        Assert.Equal(File.ReadAllBytes(_folder.At("whole/scores/bif.npy")), File.ReadAllBytes(_folder.At("out-npy/bif.npy")));
        Assert.Equal(1 + (2 * 20), File.ReadLines(_folder.At("out-csv/scores.csv")).Count());
    }

    [Fact]
    public void An_interruption_finishes_the_block_says_how_to_go_on_and_loses_nothing()
    {
        WriteProblem();
        string[] settings = ["--epsilon", "0.001", "--nbeta", "20", "--gamma", "2", "--batch", "8", "--chains", "2", "--draws", "3000", "--thin", "4", "--eval-batch", "20"];
        Attribute("whole", settings);
        using (var stopped = Start(["attribute", .. Paths("parts"), .. settings]))
        {
            var clock = Stopwatch.StartNew();
            while (!stopped.HasExited && clock.Elapsed < TimeSpan.FromSeconds(60) && !Directory.Exists(_folder.At("parts/chains")))
            {
                Thread.Sleep(5);
            }

            // SIGTERM is handled as Ctrl-C is; SIGINT would be ignored where a script started the tests in the background.
            using var signal = Process.Start("kill", ["-TERM", $"{stopped.Id}"]);
            var (code, output, errors) = Programs.End(stopped);
            Assert.Equal(130, code);
            Assert.Contains("--resume", output + errors, StringComparison.Ordinal);
        }

        Attribute("parts", [.. settings, "--resume"]);
        Assert.Equal(File.ReadAllBytes(_folder.At("whole/scores/bif.npy")), File.ReadAllBytes(_folder.At("parts/scores/bif.npy")));
    }

    // The curvature of ResNet-20 takes seconds.
    [SharedDataFact("resnet20-cifar10", "cifar10")]
    public void An_interruption_before_anything_is_drawn_ends_at_once_and_says_how_to_start_again()
    {
        var data = SharedData.At("cifar10");
        using var stopped = Start(
            ["attribute", "--model", SharedData.At("resnet20-cifar10"), "--data", data + "@train[0:60]", "--queries", data + "@test[0:4]", "--out", _folder.At("run"), "--json"]);
        Assert.Contains("loading", stopped.StandardOutput.ReadLine(), StringComparison.Ordinal);

        // Twice at once, as timeout(1) does it: that is one request.
        using var signal = Process.Start("sh", ["-c", $"kill -TERM {stopped.Id}; kill -TERM {stopped.Id}"]);
        var (code, output, errors) = Programs.End(stopped);
        Assert.True(code == 130, errors);
        using var result = JsonDocument.Parse(output.TrimEnd().Split('\n')[^1]);
        Assert.False(result.RootElement.GetProperty("completed").GetBoolean());
        Assert.Contains("attribute --model", result.RootElement.GetProperty("resume").GetString(), StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.At("run/run.json")));
    }

    [SmallDiskFact]
    public void A_full_disk_keeps_what_is_written_and_the_run_goes_on_when_there_is_room()
    {
        WriteProblem();
        string[] settings = ["--epsilon", "0.001", "--nbeta", "20", "--gamma", "2", "--batch", "8", "--chains", "2", "--draws", "3000", "--thin", "4", "--eval-batch", "20"];
        Attribute("whole", settings);
        using var disk = new SmallDisk("500k");
        string[] paths = [.. Paths("whole")[..^1], Path.Combine(disk.Root, "run")];
        var (code, _, errors) = Run(["attribute", .. paths, .. settings]);
        Assert.Equal(2, code);
        Assert.Contains("MiB free", errors, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(disk.Root));

        // There is room when the run starts, and something else takes it while the run goes on.
        disk.Resize("8m");
        using (var run = Start(["attribute", .. paths, .. settings]))
        {
            var clock = Stopwatch.StartNew();
            var states = Path.Combine(disk.Root, "run", "chains");
            while (!run.HasExited && clock.Elapsed < TimeSpan.FromSeconds(60) && !(Directory.Exists(states) && Directory.GetFiles(states, "*.safetensors").Length == 2))
            {
                Thread.Sleep(5);
            }

            Assert.False(run.HasExited, "the run ended before the disk was full");
            disk.Fill();
            (code, _, errors) = Programs.End(run);
        }

        Assert.Equal(2, code);
        Assert.Contains("what was written is kept", errors.TrimEnd('\n').Split('\n')[^1], StringComparison.Ordinal);
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(disk.Root, "run", "chains"), "*.safetensors"));
        disk.Resize("32m");
        (code, _, errors) = Run(["attribute", .. paths, .. settings, "--resume"]);
        Assert.True(code == 0, errors);
        Assert.Equal(File.ReadAllBytes(_folder.At("whole/scores/bif.npy")), File.ReadAllBytes(Path.Combine(disk.Root, "run", "scores", "bif.npy")));
    }

    [Fact]
    public void With_json_every_line_on_stdout_is_an_event()
    {
        WriteProblem();
        var (code, output, _) = Run(["attribute", .. Paths("run"), "--epsilon", "0.001", "--nbeta", "20", "--gamma", "2", "--draws", "20", "--json"]);
        Assert.Equal(0, code);
        var lines = output.TrimEnd('\n').Split('\n');
        Assert.All(lines, line => JsonDocument.Parse(line).Dispose());
        Assert.Contains("verdict", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_diverging_run_says_which_setting_to_change_and_exits_with_2()
    {
        WriteProblem();
        var (code, _, errors) = Run(["attribute", .. Paths("run"), "--epsilon", "50", "--nbeta", "20", "--gamma", "2", "--draws", "20"]);
        Assert.Equal(2, code);
        Assert.Contains("--epsilon", errors.TrimEnd('\n').Split('\n')[^1], StringComparison.Ordinal);
    }

    private void Attribute(string name, string[] settings)
    {
        var (code, _, errors) = Run(["attribute", .. Paths(name), .. settings]);
        Assert.True(code == 0, errors);
    }

    private string[] Paths(string name) => ["--model", _folder.At("model"), "--data", _folder.Root + "@train", "--queries", _folder.Root + "@test", "--out", _folder.At(name)];

    private void WriteProblem()
    {
        var random = new Random(1);
        string Row() => string.Join(',', Enumerable.Range(0, 4).Select(_ => random.NextDouble().ToString("R")));
        File.WriteAllLines(_folder.At("train.csv"), Enumerable.Range(0, 20).Select(_ => Row()).Prepend("a,b,c,y"));
        File.WriteAllLines(_folder.At("test.csv"), Enumerable.Range(0, 2).Select(_ => Row()).Prepend("a,b,c,y"));
        Directory.CreateDirectory(_folder.At("model"));
        File.WriteAllText(_folder.At("model/config.json"), "{\"model_type\":\"linear\"}");
        Engine.Checkpoints.SafetensorsFile.Write(_folder.At("model/model.safetensors"), [("weight", [1, 3], new float[] { 0.2f, 0.3f, 0.1f })]);
    }

    private static (int Code, string Output, string Errors) Run(string[] arguments) => Programs.Run(Programs.Bif(arguments));

    private static Process Start(string[] arguments) => Process.Start(Programs.Bif(arguments))!;
}
