namespace Bif.Testing;

/// <summary>Finds the real datasets and weights that lie beside the checkout, in shared/data.</summary>
internal static class SharedData
{
    /// <summary>The folder, or null where there is none.</summary>
    public static string? Root { get; } = Find();

    /// <summary>A path inside it.</summary>
    public static string At(string relative) => Path.Combine(Root!, relative);

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("BIF_SHARED_DATA") is { Length: > 0 } given)
        {
            return given;
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared", "data");
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }
}
