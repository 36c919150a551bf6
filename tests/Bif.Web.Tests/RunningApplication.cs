using Bif.Testing;
using Npgsql;
using Xunit;

namespace Bif.Web.Tests;

/// <summary>One application with one finished run, for the tests that only look.</summary>
public sealed class RunningApplication : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    internal Application Application { get; private set; } = null!;

    internal TinyPictures Pictures { get; private set; } = null!;

    public Guid Run { get; private set; }

    internal string DataFolder => _folder.At("data");

    /// <summary>A connection to its private database, beside its own.</summary>
    internal NpgsqlDataSource Database => NpgsqlDataSource.Create($"Host={Path.Combine(DataFolder, "postgres", "run")};Username=bif;Database=bif");

    internal string RunFolder => _folder.At($"data/runs/{Run:N}");

    /// <summary>Whoever reads a table waits until what is returned is disposed.</summary>
    internal async Task<IAsyncDisposable> Hold(string table)
    {
        var connection = new NpgsqlConnection(Database.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var hold = new NpgsqlCommand($"begin; lock table {table} in access exclusive mode", connection);
        await hold.ExecuteNonQueryAsync();
        return connection;
    }

    public async Task InitializeAsync()
    {
        // The private database's own account must reach its folder.
        File.SetUnixFileMode(_folder.Root, (UnixFileMode)0b111_101_101);
        Pictures = TinyPictures.Write(_folder.At("pictures"));
        Application = await Application.Start(_folder.At("data"), "--Bif:Roots:0", _folder.At("pictures"), "--Bif:UploadMegabytes", "8");
        Run = await Application.Order(Pictures.Order());
        await Application.Finished(Run);
    }

    public async Task DisposeAsync() => await Application.DisposeAsync();

    public void Dispose() => _folder.Dispose();
}

[CollectionDefinition("application")]
public sealed class ApplicationCollection : ICollectionFixture<RunningApplication>;
