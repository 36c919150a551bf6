using Bif.Engine;
using Bif.Engine.Retraining;
using Bif.Web.Hosting;

namespace Bif.Web.Browsing;

/// <summary>A grid that was found.</summary>
/// <param name="Name">Its folder's name.</param>
/// <param name="MeasuredAt">When it was written, UTC.</param>
/// <param name="Cells">LDS by share of attribution, share of retraining and method.</param>
public sealed record Grid(string Name, DateTime MeasuredAt, IReadOnlyList<GridCell> Cells);

/// <summary>Finds what <c>bif grid --out DATA/grids/NAME</c> has left in the data folder.</summary>
public sealed class GridLibrary(BifOptions options)
{
    /// <summary>The folder of grids.</summary>
    public string Folder => Path.Combine(options.Data, "grids");

    /// <summary>All grids, newest first; damaged ones by name with the reason.</summary>
    public (IReadOnlyList<Grid> Grids, IReadOnlyList<string> Damaged) All()
    {
        var (grids, damaged) = (new List<Grid>(), new List<string>());
        foreach (var folder in Directory.Exists(Folder) ? Directory.EnumerateDirectories(Folder).Where(each => File.Exists(GridFiles.FileOf(each))) : [])
        {
            try
            {
                grids.Add(Read(folder));
            }
            catch (InputException error)
            {
                damaged.Add(error.Message);
            }
        }

        return ([.. grids.OrderByDescending(grid => grid.MeasuredAt).ThenBy(grid => grid.Name, StringComparer.Ordinal)], damaged);
    }

    /// <summary>One grid, or null. The name is one of those found: no path is made of what a person wrote.</summary>
    /// <exception cref="InputException">It is damaged.</exception>
    public Grid? Find(string name)
        => Directory.Exists(Folder) && Directory.EnumerateDirectories(Folder).FirstOrDefault(each => Path.GetFileName(each) == name) is { } folder && File.Exists(GridFiles.FileOf(folder))
            ? Read(folder)
            : null;

    private static Grid Read(string folder) => new(Path.GetFileName(folder), File.GetLastWriteTimeUtc(GridFiles.FileOf(folder)), GridFiles.Read(folder));
}
