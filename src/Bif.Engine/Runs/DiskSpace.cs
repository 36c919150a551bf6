namespace Bif.Engine.Runs;

/// <summary>Room on the disk, asked for before work begins that would end without it.</summary>
internal static class DiskSpace
{
    /// <summary>Refuses what the disk has no room for.</summary>
    /// <param name="directory">Where the files go; need not exist.</param>
    /// <param name="bytes">How much they take.</param>
    /// <param name="what">What would be written, as the sentence's beginning.</param>
    /// <param name="advice">What to change.</param>
    /// <exception cref="InputException">Says how much is needed and how much there is.</exception>
    public static void Require(string directory, double bytes, string what, string advice)
    {
        var path = Path.GetFullPath(directory);
        var drive = DriveInfo.GetDrives().Where(each => path.StartsWith(each.Name, StringComparison.Ordinal)).MaxBy(each => each.Name.Length)
            ?? new DriveInfo(Path.GetPathRoot(path)!);
        if (drive.AvailableFreeSpace < bytes)
        {
            throw new InputException($"{what} would take {Size(bytes)}, but {drive.Name} has {Size(drive.AvailableFreeSpace)} free: {advice}, or write elsewhere.");
        }
    }

    private static string Size(double bytes) => bytes >= 1 << 30 ? $"{bytes / (1 << 30):N1} GiB" : $"{bytes / (1 << 20):N1} MiB";
}
