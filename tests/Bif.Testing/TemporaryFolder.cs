namespace Bif.Testing;

/// <summary>A folder of one test, removed afterwards.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    /// <summary>Its path.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("bif-test-").FullName;

    /// <summary>A path inside it.</summary>
    public string At(string relative) => Path.Combine(Root, relative);

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Root, recursive: true);
}
