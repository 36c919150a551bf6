namespace Bif.Engine.Data;

/// <summary>
/// Files that people name. Links are followed (caches of downloads are made of them); an empty file, a pipe or a device,
/// which all have no length, is refused before anything waits for it or reads without end.
/// </summary>
internal static class RegularFile
{
    /// <summary>Bytes of the file that a path leads to; 0 for a pipe or a device.</summary>
    /// <exception cref="IOException">It is not there, or its links lead in a circle.</exception>
    public static long Length(string path)
        => (File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? new FileInfo(path)).Length;

    /// <summary>Checks a file that other code is to open.</summary>
    /// <exception cref="InputException">It is missing, empty, no regular file, or may not be looked at.</exception>
    public static void Require(string path) => Read(path, static _ => 0);

    /// <summary>Reads a text whole.</summary>
    /// <exception cref="InputException">It is missing, empty, no regular file, or may not be read.</exception>
    public static string ReadText(string path) => Read(path, File.ReadAllText);

    /// <summary>Reads a text's lines.</summary>
    /// <exception cref="InputException">It is missing, empty, no regular file, or may not be read.</exception>
    public static string[] ReadLines(string path) => Read(path, File.ReadAllLines);

    /// <summary>Reads a file whole.</summary>
    /// <exception cref="InputException">It is missing, empty, no regular file, or may not be read.</exception>
    public static byte[] ReadBytes(string path) => Read(path, File.ReadAllBytes);

    /// <summary>Opens or reads a file with content.</summary>
    /// <exception cref="InputException">It is missing, empty, no regular file, or may not be read.</exception>
    public static T Read<T>(string path, Func<string, T> read)
    {
        try
        {
            return Length(path) > 0 ? read(path) : throw new InputException($"{path} is empty, or no regular file: fetch it again.");
        }
        catch (FileNotFoundException error)
        {
            throw new InputException($"There is no {path}.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path} cannot be read: {error.Message}", error);
        }
    }
}
