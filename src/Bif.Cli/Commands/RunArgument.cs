using System.CommandLine;

namespace Bif.Cli.Commands;

/// <summary>The run that a verb reads.</summary>
internal static class RunArgument
{
    /// <summary>Declares it.</summary>
    public static Argument<string> Create() => new("RUN") { Description = "A run directory, as attribute --out wrote it." };
}
