using System.Diagnostics;

namespace Bif.Cli.Tests;

/// <summary>Programs that tests start, first of all bif itself as a process of its own.</summary>
internal static class Programs
{
    /// <summary>A program whose output is read here, not started yet.</summary>
    public static ProcessStartInfo Of(string program, params IEnumerable<string> arguments)
        => new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };

    /// <summary>bif as built for the tests, not started yet.</summary>
    public static ProcessStartInfo Bif(params IEnumerable<string> arguments)
        => Of("dotnet", [Path.Combine(AppContext.BaseDirectory, "bif.dll"), .. arguments]);

    /// <summary>Runs the command line in this process.</summary>
    public static (int Code, string Output, string Errors) RunHere(params string[] arguments)
    {
        using StringWriter output = new(), errors = new();
        return (CommandLine.Run(arguments, output, errors), output.ToString(), errors.ToString());
    }

    /// <summary>Runs a program to its end.</summary>
    public static (int Code, string Output, string Errors) Run(ProcessStartInfo start)
    {
        using var process = Process.Start(start)!;
        return End(process);
    }

    /// <summary>Waits for a program's end.</summary>
    public static (int Code, string Output, string Errors) End(Process process)
    {
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }
}
