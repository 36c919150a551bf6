namespace Bif.Cli.Benchmarks;

/// <summary>A measured figure beside its yardstick, taken in turn in one process or one run.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Value">The figure.</param>
/// <param name="Yardstick">What it is compared with.</param>
/// <param name="Unit">Unit of both.</param>
/// <param name="Target">What the ratio Value/Yardstick should reach, in words; empty if nothing is promised.</param>
internal sealed record BenchmarkRow(string Name, double Value, double? Yardstick, string Unit, string Target)
{
    /// <summary>Value over yardstick.</summary>
    public double? Ratio => Value / Yardstick;
}

/// <summary>How a benchmark is to measure.</summary>
/// <param name="Seconds">What each part may last.</param>
/// <param name="Device">Where those compute that are not the CPU's.</param>
/// <param name="Stage">Takes what a long benchmark does next, in words.</param>
/// <param name="Cancellation">Ends a long one early.</param>
internal sealed record BenchmarkSetting(double Seconds, string Device, Action<string> Stage, CancellationToken Cancellation);

/// <summary>A named measurement.</summary>
/// <param name="Name">Word on the command line.</param>
/// <param name="Description">What it compares.</param>
/// <param name="Run">Measures, a row at a time.</param>
internal sealed record Benchmark(string Name, string Description, Func<BenchmarkSetting, IEnumerable<BenchmarkRow>> Run)
{
    /// <summary>A short measurement of the CPU.</summary>
    public Benchmark(string name, string description, Func<double, IEnumerable<BenchmarkRow>> run) : this(name, description, setting => run(setting.Seconds))
    {
    }
}
