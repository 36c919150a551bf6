namespace Bif.Web.Tests;

/// <summary>The checkout that these tests were built in.</summary>
internal static class Repository
{
    /// <summary>Its root.</summary>
    public static string Root { get; } = Find();

    /// <summary>Debug or Release, as these tests were built.</summary>
    public static string Configuration { get; } = AppContext.BaseDirectory.Contains("/Debug/", StringComparison.Ordinal) ? "Debug" : "Release";

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Bif.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("These tests must lie in a checkout.");
        }

        return folder.FullName;
    }
}
