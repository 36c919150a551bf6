using System.CommandLine;
using Bif.Cli.Benchmarks;
using Bif.Cli.Checks;
using Bif.Cli.Parsing;
using Bif.Cli.Terminal;
using Bif.Engine;
using Spectre.Console;
using TorchSharp;

namespace Bif.Cli.Commands;

/// <summary><c>bif check</c>: whether a device computes what it must, and how fast.</summary>
internal sealed class CheckCommand : Verb
{
    private readonly Setting<string?> _device = Setting.Text("--device", "cpu|cuda:N", "The device to check.", "cpu");
    private readonly Setting<bool> _speed = Setting.Flag("--speed", "Measure throughput beside the eager PyTorch loop in place of the answers.");
    private readonly Setting<string?> _python = Setting.Text("--python", "FILE", "Python with PyTorch, for the eager loop.", "/usr/bin/python3");
    private readonly Setting<double> _seconds = Setting.Number("--seconds", "Seconds that each measurement of --speed lasts.", 5, Interval.Above(0));
    private readonly Setting<bool> _json = Setting.Flag("--json", "Write one JSON object per row on stdout.");

    /// <summary>Declares the options.</summary>
    public CheckCommand() : base("check", "Check a device: known answers and agreement with the CPU, or throughput.")
    {
        foreach (var option in new Option[] { _device, _speed, _python, _seconds, _json })
        {
            Options.Add(option);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("bif check --device cuda:0", "Answers that are known beforehand, on the first GPU; exit code 1 if one is missed."),
        new("bif check --device cuda:0 --speed", "Throughput of the same GPU."),
    ];

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Output output)
    {
        var device = arguments.GetValue(_device) ?? "cpu";
        Require(device);
        return arguments.GetValue(_speed)
            ? Speed(device, arguments.GetValue(_python) ?? "/usr/bin/python3", arguments.GetValue(_seconds), arguments.GetValue(_json), output)
            : Answers(device, arguments.GetValue(_json), output);
    }

    private static void Require(string text)
    {
        torch.Device device;
        try
        {
            device = new torch.Device(text);
        }
        catch (ArgumentException error)
        {
            throw new InputException($"--device \"{text}\" is no device: use cpu or cuda:N.", error);
        }

        if (device.type == DeviceType.CUDA && device.index >= torch.cuda.device_count())
        {
            throw new InputException($"--device {text}: this libtorch sees {torch.cuda.device_count()} CUDA devices.");
        }
    }

    private static int Answers(string device, bool json, Output output)
    {
        torch.set_num_threads(Environment.ProcessorCount);
        var missed = 0;
        foreach (var answer in KnownAnswers.On(device))
        {
            missed += answer.Holds ? 0 : 1;
            if (json)
            {
                output.Json(answer);
            }
            else
            {
                output.Results.WriteLine($"{(answer.Holds ? "holds " : "MISSED")} {answer.Name}: {answer.Measured:G5} (expected {answer.Expected:G5} ± {answer.Tolerance:G2})");
            }
        }

        return missed == 0 ? ExitCode.Ok : ExitCode.Failure;
    }

    private static int Speed(string device, string python, double seconds, bool json, Output output)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("measured", "Bif", "eager loop", "ratio", "unit");
        foreach (var row in SamplingBenchmarks.Throughput(device, python, seconds))
        {
            if (json)
            {
                output.Json(row);
            }

            table.AddRow(
                Markup.Escape(row.Name), $"{row.Value:G4}", row.Yardstick is { } yardstick ? $"{yardstick:G4}" : "not there",
                row.Ratio is { } ratio ? $"{ratio:F2}" : "", row.Unit);
        }

        if (!json)
        {
            output.Screen.Write(table);
        }

        return ExitCode.Ok;
    }
}
