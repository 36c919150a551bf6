using System.Diagnostics;
using System.Globalization;
using Bif.Cli.Running;

namespace Bif.Cli.Benchmarks.Scaling;

/// <summary>How a child ended.</summary>
/// <param name="Seconds">Wall-clock time of the process.</param>
/// <param name="PeakBytes">The most resident memory that was seen.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Stopped">Why it did not finish, in words; null where it did.</param>
internal sealed record ChildOutcome(double Seconds, long PeakBytes, string Output, string? Stopped);

/// <summary>
/// Runs this program again as a process of its own, whose memory is then the work's alone, within bounds of memory and time.
/// Its resident size is read fifty times a second.
/// </summary>
/// <param name="mostBytes">Resident memory at which it is stopped.</param>
/// <param name="most">Time after which it is stopped.</param>
internal sealed class MeasuredProcess(long mostBytes, TimeSpan most)
{
    private const int PollMilliseconds = 20;

    /// <summary>Runs a verb to its end, or until a bound is reached.</summary>
    /// <exception cref="OperationCanceledException">The person interrupted; the child is gone.</exception>
    public ChildOutcome Run(IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(Start(arguments))!;
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var (peak, stopped) = (0L, (string?)null);
        while (!process.WaitForExit(PollMilliseconds))
        {
            var (now, high) = Resident(process.Id);

            // The mark is reset by the tuning of batches: the largest one that was ever seen counts.
            peak = Math.Max(peak, high);
            stopped = now > mostBytes ? $"it needs more than {Quantity.Bytes(mostBytes)} of memory"
                : clock.Elapsed > most ? $"it takes more than {Quantity.Duration(most.TotalSeconds)}"
                : null;
            if (stopped is not null || cancellation.IsCancellationRequested)
            {
                process.Kill(entireProcessTree: true);
                process.WaitForExit();
                cancellation.ThrowIfCancellationRequested();
                break;
            }
        }

        process.WaitForExit();
        return new(clock.Elapsed.TotalSeconds, peak, output.Result, stopped ?? Failure(process.ExitCode, errors.Result));
    }

    private static string? Failure(int code, string errors) => code switch
    {
        ExitCode.Ok => null,
        137 => "the system ended it, which it does when memory runs out",
        _ => errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? $"it ended with exit code {code}",
    };

    // The tool as a program of its own, or by the runtime that runs this one.
    private static ProcessStartInfo Start(IReadOnlyList<string> arguments)
    {
        var library = typeof(MeasuredProcess).Assembly.Location;
        var program = Path.ChangeExtension(library, null);
        var start = Environment.ProcessPath == program ? new ProcessStartInfo(program, arguments) : new ProcessStartInfo("dotnet", [library, .. arguments]);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        return start;
    }

    private static (long Now, long Peak) Resident(int process)
    {
        try
        {
            var lines = File.ReadAllLines($"/proc/{process}/status");
            return (Field(lines, "VmRSS:"), Field(lines, "VmHWM:"));
        }
        catch (IOException)
        {
            // It has just ended.
            return (0, 0);
        }
    }

    private static long Field(string[] lines, string name)
        => Array.Find(lines, line => line.StartsWith(name, StringComparison.Ordinal)) is { } line
            ? long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * 1024
            : 0;
}
