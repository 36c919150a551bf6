using System.CommandLine;

namespace Bif.Cli.Commands;

/// <summary>The run that a verb reads.</summary>
internal static class RunArgument
{
    /// <summary>Declares it.</summary>
    public static Argument<string> Create() => new("RUN")
    {
        Description = "A run directory, as attribute --out wrote it.",
        Validators =
        {
            result =>
            {
                if (result.Tokens is [{ Value.Length: 0 }])
                {
                    result.AddError("RUN must not be empty: give a run directory.");
                }
            },
        },
    };
}
