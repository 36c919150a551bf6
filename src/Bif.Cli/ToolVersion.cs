using System.Reflection;

namespace Bif.Cli;

/// <summary>The version of this program.</summary>
internal static class ToolVersion
{
    /// <summary>As built: the version, and the commit where the build knew it.</summary>
    public static string Text { get; } =
        typeof(ToolVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
}
