using Bif.Data.Postgres;

namespace Bif.Web.Tests;

/// <summary>A PostgreSQL that belongs to the test, as an operator's belongs to nobody's web process.</summary>
internal sealed class Database : IAsyncDisposable
{
    private readonly string _folder;
    private PrivatePostgres _server;

    private Database(string folder, PrivatePostgres server) => (_folder, _server) = (folder, server);

    /// <summary>Settings by which an application uses it.</summary>
    public string[] Settings => ["--ConnectionStrings:Bif", _server.ConnectionString];

    public static async Task<Database> Start(string folder) => new(folder, await PrivatePostgres.Start(folder, null, default));

    /// <summary>Takes it away.</summary>
    public ValueTask Stop() => _server.DisposeAsync();

    /// <summary>Brings it back.</summary>
    public async Task StartAgain() => _server = await PrivatePostgres.Start(_folder, null, default);

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
