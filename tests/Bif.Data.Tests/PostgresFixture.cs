using Bif.Data.Postgres;
using Bif.Testing;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Xunit;

namespace Bif.Data.Tests;

/// <summary>A real PostgreSQL for the tests of this assembly, with a database for each that asks.</summary>
public sealed class PostgresFixture : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private PrivatePostgres? _server;

    public PostgresFixture() => File.SetUnixFileMode(_folder.Root, (UnixFileMode)0b111_101_101);

    public string ConnectionString => _server!.ConnectionString;

    public async Task InitializeAsync() => _server = await PrivatePostgres.Start(_folder.At("postgres"), null, default);

    public async Task DisposeAsync() => await _server!.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    /// <summary>A new database; with the schema unless it is to be empty.</summary>
    public async Task<NpgsqlDataSource> Create(bool migrated = true)
    {
        var name = "test_" + Guid.NewGuid().ToString("N");
        await using (var connection = new NpgsqlConnection(ConnectionString))
        {
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand($"create database {name}", connection);
            await command.ExecuteNonQueryAsync();
        }

        var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(ConnectionString) { Database = name, MaxPoolSize = 5 }.ConnectionString);
        if (migrated)
        {
            await using var context = Context(source);
            await context.Database.MigrateAsync();
        }

        return source;
    }

    public static BifContext Context(NpgsqlDataSource source) => new(new DbContextOptionsBuilder<BifContext>().UseNpgsql(source).Options);
}

[CollectionDefinition("postgres")]
public sealed class PostgresCollection : ICollectionFixture<PostgresFixture>;
