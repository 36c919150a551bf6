using Bif.Testing;
using Xunit;

namespace Bif.Web.Tests;

/// <summary>One application with one finished run on texts with traced tokens, for the tests that only look.</summary>
public sealed class RunningTexts : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    internal Application Application { get; private set; } = null!;

    internal TinyTexts Texts { get; private set; } = null!;

    public Guid Run { get; private set; }

    internal string RunFolder => FolderOf(Run);

    internal string FolderOf(Guid run) => _folder.At($"data/runs/{run:N}");

    public async Task InitializeAsync()
    {
        // The private database's own account must reach its folder.
        File.SetUnixFileMode(_folder.Root, (UnixFileMode)0b111_101_101);
        Texts = TinyTexts.Write(_folder.At("texts"));
        Application = await Application.Start(_folder.At("data"), "--Bif:Roots:0", _folder.At("texts"));
        Run = await Application.Order(Texts.Order());
        await Application.Finished(Run);
    }

    public async Task DisposeAsync() => await Application.DisposeAsync();

    public void Dispose() => _folder.Dispose();
}

[CollectionDefinition("texts")]
public sealed class TextsCollection : ICollectionFixture<RunningTexts>;
