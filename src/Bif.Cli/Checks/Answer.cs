namespace Bif.Cli.Checks;

/// <summary>A figure that is known beforehand, and what this machine says.</summary>
/// <param name="Name">What was computed.</param>
/// <param name="Measured">This machine's figure.</param>
/// <param name="Expected">The known figure.</param>
/// <param name="Tolerance">The largest difference that sampling error or rounding explains.</param>
internal sealed record Answer(string Name, double Measured, double Expected, double Tolerance)
{
    /// <summary>Whether the figures agree; NaN never does.</summary>
    public bool Holds => Math.Abs(Measured - Expected) <= Tolerance;
}
