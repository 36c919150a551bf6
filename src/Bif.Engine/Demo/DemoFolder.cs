namespace Bif.Engine.Demo;

/// <summary>Writes a demo once, and into no folder that holds anything else.</summary>
internal static class DemoFolder
{
    /// <summary>A folder's name without a slash at its end.</summary>
    public static string Named(string folder) => folder.Length > 1 ? folder.TrimEnd('/') : folder;

    /// <summary>Runs what writes a demo into a new folder, or one that holds a part of it; one that holds all of it is left as it is.</summary>
    /// <param name="paths">The demo; its folder is created if missing, its truth is written last.</param>
    /// <param name="own">The names that the demo writes.</param>
    /// <param name="isOfThis">Whether the truth that is there is this demo's.</param>
    /// <param name="progress">Hears where there is nothing to do, or null.</param>
    /// <param name="write">Writes it.</param>
    /// <returns><paramref name="paths"/>.</returns>
    /// <exception cref="InputException">The folder holds something else, or cannot be written.</exception>
    public static DemoPaths Fill(DemoPaths paths, IReadOnlyCollection<string> own, Func<bool> isOfThis, Action<DemoProgress>? progress, Action write)
    {
        if (File.Exists(paths.Truth) && isOfThis())
        {
            progress?.Invoke(new DemoProgress(1, "the demo is already there"));
            return paths;
        }

        var folder = paths.Folder;
        try
        {
            if (File.Exists(folder) || (Directory.Exists(folder) && Directory.GetFileSystemEntries(folder)
                .Any(entry => !own.Contains(Path.GetFileName(entry).Replace(".part", "", StringComparison.Ordinal)))))
            {
                throw new InputException($"{folder} holds something else than the demo: choose an empty or new folder.");
            }

            Directory.CreateDirectory(folder);
            write();
            return paths;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"Writing the demo to {folder} failed ({error.Message}): choose a folder that can be written.", error);
        }
    }
}
