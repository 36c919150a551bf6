namespace Bif.Data.Postgres;

/// <summary>Where PostgreSQL's programs lie.</summary>
public static class PostgresBinaries
{
    /// <summary>The folder of the newest installed version.</summary>
    /// <param name="configured">A folder to use instead, or null.</param>
    /// <exception cref="InvalidOperationException">None is there.</exception>
    public static string Find(string? configured)
    {
        var places = configured is { Length: > 0 }
            ? [configured]
            : Installed().Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'));
        return places.FirstOrDefault(place => File.Exists(Path.Combine(place, "initdb")) && File.Exists(Path.Combine(place, "postgres")))
            ?? throw new InvalidOperationException(
                "PostgreSQL is not installed (no initdb found): install it (Debian: apt-get install postgresql), name its folder in "
                + "Bif:PostgresBinaries, or give a connection string in ConnectionStrings:Bif.");
    }

    private static IEnumerable<string> Installed()
    {
        const string Root = "/usr/lib/postgresql";
        return Directory.Exists(Root)
            ? Directory.GetDirectories(Root).OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0).Select(folder => Path.Combine(folder, "bin"))
            : [];
    }
}
