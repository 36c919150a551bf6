namespace Bif.Engine.Demo;

/// <summary>Takes care that a demo writes into no folder that holds anything else.</summary>
internal static class DemoFolder
{
    /// <summary>A folder's name without a slash at its end.</summary>
    public static string Named(string folder) => folder.Length > 1 ? folder.TrimEnd('/') : folder;

    /// <summary>Runs what writes a demo into a new folder, or one that holds a part of it.</summary>
    /// <param name="folder">The folder; created if missing.</param>
    /// <param name="own">The names that the demo writes.</param>
    /// <param name="write">Writes it.</param>
    /// <exception cref="InputException">The folder holds something else, or cannot be written.</exception>
    public static void Fill(string folder, IReadOnlyCollection<string> own, Action write)
    {
        try
        {
            if (File.Exists(folder) || (Directory.Exists(folder) && Directory.GetFileSystemEntries(folder)
                .Any(entry => !own.Contains(Path.GetFileName(entry).Replace(".part", "", StringComparison.Ordinal)))))
            {
                throw new InputException($"{folder} holds something else than the demo: choose an empty or new folder.");
            }

            Directory.CreateDirectory(folder);
            write();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"Writing the demo to {folder} failed ({error.Message}): choose a folder that can be written.", error);
        }
    }
}
