using System.Reflection;
using Bif.Data.Migrations;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;
using Xunit;

namespace Bif.Data.Tests;

[Collection("postgres")]
public sealed class SchemaTests(PostgresFixture postgres)
{
    private const string Catalogue =
        """
        select format('column %s.%s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), case when a.attnotnull then 'not null' else 'null' end)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
        where n.nspname = 'public' and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped and c.relname <> '__EFMigrationsHistory'
        union all
        select format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) from pg_constraint
        where connamespace = 'public'::regnamespace and conrelid::regclass::text not like '%EFMigrations%'
        union all
        select 'index ' || indexdef from pg_indexes where schemaname = 'public' and tablename <> '__EFMigrationsHistory'
        """;

    [Fact]
    public async Task The_scripts_make_the_schema_that_the_model_describes()
    {
        await using var migrated = await postgres.Create();
        await using var described = await postgres.Create(migrated: false);
        await using (var context = PostgresFixture.Context(described))
        {
            await using var create = described.CreateCommand(context.Database.GenerateCreateScript());
            await create.ExecuteNonQueryAsync();
        }

        var (scripts, model) = (await Facts(migrated), await Facts(described));
        Assert.True(scripts.Count > 60);
        Assert.Empty(scripts.Except(model));
        Assert.Empty(model.Except(scripts));
    }

    [Fact]
    public void Every_script_has_a_migration()
    {
        var migrations = typeof(BifContext).Assembly.GetTypes().Select(type => type.GetCustomAttribute<MigrationAttribute>()?.Id).Where(id => id is not null);
        Assert.Equal(Scripts.Names, migrations.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Several_hosts_may_migrate_an_empty_database_at_once()
    {
        await using var source = await postgres.Create(migrated: false);
        await Task.WhenAll(Enumerable.Range(0, 3).Select(async _ =>
        {
            await using var context = PostgresFixture.Context(source);
            await Schema.Update(context);
        }));
        await using var check = PostgresFixture.Context(source);
        Assert.Empty(await check.Database.GetPendingMigrationsAsync());
    }

    private static async Task<HashSet<string>> Facts(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand(Catalogue);
        await using var reader = await command.ExecuteReaderAsync();
        var facts = new HashSet<string>();
        while (await reader.ReadAsync())
        {
            facts.Add(reader.GetString(0));
        }

        return facts;
    }
}
