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
    public async Task A_folder_that_is_closed_to_other_users_serves_root_as_well()
    {
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Root, (UnixFileMode)0b111_000_000);
        var place = folder.At("db/place");
        try
        {
            await using (var first = await PrivatePostgres.Start(folder.At("db"), null, default))
            {
                await Execute(first, "create table kept (n int); insert into kept values (42)");
            }

            await using var again = await PrivatePostgres.Start(folder.At("db"), null, default);
            Assert.Equal(42, await Execute(again, "select n from kept"));
        }
        finally
        {
            if (File.Exists(place))
            {
                Directory.Delete(File.ReadAllText(place), recursive: true);
            }
        }
    }

    [Fact]
    public async Task A_server_that_is_killed_is_started_again()
    {
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Root, (UnixFileMode)0b111_101_101);
        var said = new System.Collections.Concurrent.ConcurrentQueue<string>();
        await using var server = await PrivatePostgres.Start(folder.At("db"), null, default, said.Enqueue);
        await Execute(server, "create table kept (n int); insert into kept values (42)");
        System.Diagnostics.Process.Start("kill", ["-KILL", File.ReadLines(folder.At("db/data/postmaster.pid")).First()]).WaitForExit();
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                Assert.Equal(42, await Execute(server, "select n from kept"));
                if (!said.IsEmpty)
                {
                    break;
                }
            }
            catch (NpgsqlException) when (attempt < 200)
            {
            }

            await Task.Delay(100);
        }

        Assert.Contains("is started again", said.First(), StringComparison.Ordinal);
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
