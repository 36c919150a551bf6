using Bif.Data.Postgres;
using Bif.Testing;
using Npgsql;
using Xunit;

namespace Bif.Data.Tests;

public sealed class PrivatePostgresTests
{
    [Fact]
    public async Task A_second_instance_on_a_folder_is_refused_and_a_restart_finds_the_data_again()
    {
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Root, (UnixFileMode)0b111_101_101);
        await using (var first = await PrivatePostgres.Start(folder.At("db"), null, default))
        {
            await Execute(first, "create table kept (n int); insert into kept values (42)");
            var error = await Assert.ThrowsAsync<InvalidOperationException>(() => PrivatePostgres.Start(folder.At("db"), null, default));
            Assert.Contains("Another instance", error.Message, StringComparison.Ordinal);
        }

        await using var again = await PrivatePostgres.Start(folder.At("db"), null, default);
        Assert.Equal(42, await Execute(again, "select n from kept"));
    }

    [Fact]
    public async Task Missing_programs_are_named_with_what_to_do()
    {
        using var folder = new TemporaryFolder();
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => PrivatePostgres.Start(folder.At("db"), folder.Root, default));
        Assert.Contains("apt-get install postgresql", error.Message, StringComparison.Ordinal);
    }

    private static async Task<object?> Execute(PrivatePostgres server, string sql)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
