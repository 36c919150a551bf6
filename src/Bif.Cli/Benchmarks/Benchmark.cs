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

/// <summary>A named measurement.</summary>
/// <param name="Name">Word on the command line.</param>
/// <param name="Description">What it compares.</param>
/// <param name="Run">Measures; takes the seconds that each part may last, and the device of those that are not the CPU's.</param>
internal sealed record Benchmark(string Name, string Description, Func<double, string, IEnumerable<BenchmarkRow>> Run)
{
    /// <summary>A measurement of the CPU.</summary>
    public Benchmark(string name, string description, Func<double, IEnumerable<BenchmarkRow>> run) : this(name, description, (seconds, _) => run(seconds))
    {
    }
}
