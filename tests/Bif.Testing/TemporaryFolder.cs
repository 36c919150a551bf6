namespace Bif.Testing;

/// <summary>A folder of one test, removed afterwards.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    /// <summary>Its path.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("bif-test-").FullName;

    /// <summary>A path inside it.</summary>
    public string At(string relative) => Path.Combine(Root, relative);

    /// <summary>A folder that stays until the tests' process ends.</summary>
    public static string UntilExit()
    {
        var folder = new TemporaryFolder();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Dispose();
        return folder.Root;
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Root, recursive: true);
}
