namespace Bif.Data.Migrations;

/// <summary>The SQL scripts of the schema, embedded in this assembly.</summary>
public static class Scripts
{
    /// <summary>Names of all scripts without folder and ending, in order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. typeof(Scripts).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith("db/", StringComparison.Ordinal))
        .Select(name => name["db/".Length..^".sql".Length])
        .Order(StringComparer.Ordinal)];

    /// <summary>The text of a script.</summary>
    internal static string Read(string name)
    {
        using var stream = typeof(Scripts).Assembly.GetManifestResourceStream($"db/{name}.sql")
            ?? throw new InvalidOperationException($"This assembly has no script {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
